/**
 * Finds the programs of the operating system that are peers, and tells the GNU ones from others of
 * the same name.
 */

import { spawnSync } from "node:child_process";
import type { FoundTool, Tool } from "../suite.ts";

/**
 * A tool that is one program. `versionFlags` makes it tell its version, and the first line that it
 * prints must hold `mark`.
 */
export function programTool(program: string, versionFlags: readonly string[], mark: string): Tool {
  return {
    name: program,
    find: () => findProgram(program, versionFlags, mark),
  };
}

/** The first line a program prints, or undefined where there is none. */
export function firstLineOf(program: string, args: readonly string[]): string | undefined {
  const result = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  if (result.error !== undefined || result.status !== 0) return undefined;
  return `${result.stdout}${result.stderr}`.split("\n")[0];
}

function findProgram(program: string, flags: readonly string[], mark: string): FoundTool {
  const line = firstLineOf(program, flags);
  if (line === undefined) return { absent: `${program} is not on the PATH` };
  if (!line.includes(mark)) return { absent: `${program} is not the one from ${mark}` };
  return { version: line };
}
