/**
 * `sheaf run`: checks the flags, and has the job run and shown, on this machine or on a cluster. The
 * engine does everything else.
 */

import { basename } from "node:path";
import type { Dependencies } from "./dependencies.ts";
import { type RunFlags, readRunCall, refuseClusterFlags } from "./run-flags.ts";
import { showRun } from "./shown-run.ts";

/** Runs the command and returns the exit code. Throws `USAGE` for a wrong call. */
export async function runCommand(
  job: string | undefined,
  inputs: readonly string[],
  flags: RunFlags,
  dependencies: Dependencies,
): Promise<number> {
  if (flags.masters !== undefined) {
    const { clusterRunCommand } = await import("./cluster/cluster-run-command.ts");
    return await clusterRunCommand(job, inputs, flags, dependencies);
  }
  refuseClusterFlags(flags);
  const call = readRunCall(job, inputs, flags);
  const { cwd } = dependencies;
  return await showRun(
    {
      name: basename(call.job),
      flags,
      atInterrupt: "cancel",
      async start({ signal, onEvent }) {
        const run = await dependencies.loadRun();
        return await run(call.job, { ...call.options, cwd, signal, onEvent });
      },
    },
    dependencies,
  );
}
