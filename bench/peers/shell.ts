/**
 * Contenders that are programs of the operating system, alone or in a pipeline, with LC_ALL=C, which
 * is what makes them fast. Paths come as positional parameters, so that none is ever quoted.
 */

import type { Contender, Tool } from "../suite.ts";

/** A contender that a shell runs and whose standard output is the answer. */
export interface ShellRun {
  readonly id: string;
  readonly label: string;
  readonly tool: Tool;
  /** `$1`, `$2`, ... are `args`; `$SCRATCH` is a folder for temporary files. */
  readonly script: string;
  readonly args: readonly string[];
}

/** See the head of this file. */
export function shellContender(run: ShellRun): Contender {
  return {
    id: run.id,
    label: run.label,
    tool: run.tool,
    command: ({ output, scratch }) => ({
      argv: ["/bin/sh", "-c", run.script, "sh", ...run.args],
      env: { LC_ALL: "C", SCRATCH: scratch },
      stdoutFile: output,
    }),
    output: ({ output }) => [output],
  };
}
