/**
 * `sheaf run --masters`: the same as `sheaf run`, on a cluster. With `--detach` it only submits the
 * job, and prints its id.
 */

import { basename } from "node:path";
import type { JobId } from "../../base/ids.ts";
import type { Cluster } from "../../client/cluster.ts";
import { type ClusterJobOptions, prepareJob } from "../../client/prepare-job.ts";
import { runOnCluster } from "../../client/run-on-cluster.ts";
import { submitJob } from "../../client/submit-job.ts";
import { PRIORITY_MAX } from "../../rpc/limits.ts";
import type { Dependencies } from "../dependencies.ts";
import { spellOneLine } from "../display/cell-width.ts";
import { EXIT_DONE } from "../exit-code.ts";
import { readCount, usage } from "../flag-values.ts";
import { type RunFlags, readRunCall } from "../run-flags.ts";
import { showRun } from "../shown-run.ts";
import { openCluster } from "./cluster-flags.ts";
import { changeInWords, orGoesOn } from "./lost-leader.ts";

/** Flags of `sheaf run` that the workers' own take the place of, and what to do. */
const LOCAL_FLAGS = [
  ["inline", "--inline", "To debug the job, run it on this machine: leave out --masters."],
  ["slots", "--slots", "Each worker says how many slots it has: sheaf worker --slots N."],
  ["workDir", "--work-dir", "Each worker has a folder of its own: sheaf worker --work-dir DIR."],
] as const satisfies readonly (readonly [keyof RunFlags, string, string])[];

/** The flags, and the variables that they name. */
export type ClusterRunFlags = RunFlags & {
  readonly environment: Readonly<Record<string, string>>;
};

/** Runs the command and returns the exit code. Throws `USAGE` for a wrong call. */
export async function clusterRunCommand(
  job: string | undefined,
  inputs: readonly string[],
  flags: ClusterRunFlags,
  dependencies: Dependencies,
): Promise<number> {
  const { path, options } = readClusterRunCall(job, inputs, flags, dependencies.cwd);
  const cluster = openCluster(flags, dependencies);
  try {
    if (flags.detach === true) return await detach(cluster, path, options, flags, dependencies);
    return await showRun(
      {
        name: basename(path),
        flags,
        atInterrupt: "cancel",
        async start({ signal, onEvent, note }) {
          let submitted: JobId | undefined;
          try {
            return await runOnCluster(cluster, path, {
              ...options,
              signal,
              onEvent,
              onSubmitted: (id) => {
                submitted = id;
                note(`Submitted as ${id}.`);
              },
              onChange: (change) => note(changeInWords(change)),
            });
          } catch (thrown) {
            throw submitted === undefined ? thrown : orGoesOn(thrown, submitted);
          }
        },
      },
      dependencies,
    );
  } finally {
    cluster.close();
  }
}

function readClusterRunCall(
  job: string | undefined,
  inputs: readonly string[],
  flags: ClusterRunFlags,
  cwd: string,
): { readonly path: string; readonly options: ClusterJobOptions } {
  const { job: path, options } = readRunCall(job, inputs, flags);
  const local = LOCAL_FLAGS.find(([name]) => flags[name] !== undefined);
  if (local !== undefined) throw usage(`${local[1]} is for runs on this machine. ${local[2]}`);
  const priority = readCount("--priority", flags.priority, -PRIORITY_MAX, PRIORITY_MAX);
  const slowStart = readShare("--slowstart", flags.slowstart);
  return {
    path,
    options: {
      ...options,
      cwd,
      environment: flags.environment,
      ...(priority !== undefined && { priority }),
      ...(slowStart !== undefined && { slowStart }),
    },
  };
}

function readShare(flag: string, words: string | undefined): number | undefined {
  if (words === undefined) return undefined;
  const share = /^(\d+(\.\d*)?|\.\d+)$/.test(words) ? Number(words) : Number.NaN;
  if (share >= 0 && share <= 1) return share;
  throw usage(`${flag} takes a share of the map tasks from 0 to 1, such as 0.8, not "${words}".`);
}

async function detach(
  cluster: Cluster,
  path: string,
  options: ClusterJobOptions,
  { json, quiet }: RunFlags,
  { stdout, stderr }: Dependencies,
): Promise<number> {
  const prepared = await prepareJob(path, options);
  for (const message of prepared.warnings) stderr.write(`warning: ${spellOneLine(message)}\n`);
  const job = await submitJob(cluster, prepared);
  stdout.write(`${json === true ? JSON.stringify({ job }) : job}\n`);
  if (quiet !== true) stderr.write(`To follow it: sheaf status ${job} --follow\n`);
  return EXIT_DONE;
}
