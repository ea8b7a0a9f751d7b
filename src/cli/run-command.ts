/**
 * `sheaf run`: checks the flags, and has the job run and shown, on this machine or on a cluster. The
 * engine does everything else.
 */

import { basename } from "node:path";
import { compileInPlace } from "./compile-in-place.ts";
import type { Dependencies } from "./dependencies.ts";
import { type RunFlags, readEnvironment, readRunCall, refuseClusterFlags } from "./run-flags.ts";
import { showRun } from "./shown-run.ts";

/** Runs the command and returns the exit code. Throws `USAGE` for a wrong call. */
export async function runCommand(
  job: string | undefined,
  inputs: readonly string[],
  flags: RunFlags,
  dependencies: Dependencies,
): Promise<number> {
  // Before the job is loaded: its top level and its params may ask for them, here and everywhere.
  const environment = readEnvironment(flags.env, dependencies.env);
  Object.assign(dependencies.env, environment);
  if (flags.masters !== undefined) {
    const { clusterRunCommand } = await import("./cluster/cluster-run-command.ts");
    return await clusterRunCommand(job, inputs, { ...flags, environment }, dependencies);
  }
  refuseClusterFlags(flags);
  const call = readRunCall(job, inputs, flags);
  compileInPlace();
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
