/**
 * What has come of all jobs in the end: each has ended, as it had to, and what it has put out and
 * counted is what the oracle says.
 */

import type { ClusterJob } from "../../../src/master/state/cluster-state.ts";
import { partName } from "../../../src/task/part-name.ts";
import { expectedOf } from "../workload/oracle.ts";
import { unpackWorkload } from "../workload/workload.ts";
import type { MountedFolder } from "../world/mounted-folder.ts";
import type { World } from "../world/world.ts";
import type { Ledger } from "./ledger.ts";

/** See the head of this file. */
export function checkOutcomes(
  world: World,
  jobs: Iterable<ClusterJob>,
  folder: MountedFolder,
  ledger: Ledger,
): void {
  for (const job of jobs) checkOutcome(world, job, folder, ledger);
}

function checkOutcome(world: World, job: ClusterJob, folder: MountedFolder, ledger: Ledger): void {
  const { id, spec, standing, ended } = job;
  const workload = unpackWorkload(spec.params);
  const { sometimes } = world;
  const wrong = (what: string): void => world.fail(new Error(`The job ${id} ${what}.`));
  const why = ended?.event.error?.message ?? "without a reason";
  switch (standing) {
    case "succeeded":
      sometimes.saw("job succeeded");
      if (workload.steps > 1) sometimes.saw("job of several steps");
      if (workload.trouble === "poisoned") wrong("has succeeded, and must fail");
      return checkOutput(job, folder, wrong);
    case "failed":
      sometimes.saw("job failed");
      if (workload.trouble !== "poisoned") wrong(`has failed: ${why}`);
      break;
    case "cancelled":
      sometimes.saw("job cancelled");
      if (!ledger.wasCancelled(id)) wrong("is cancelled, and nobody wanted that");
      break;
    default:
      return wrong(`is ${standing} in the end`);
  }
  if (folder.hasFolder(spec.output)) wrong(`is ${standing}, and has an output`);
}

function checkOutput(
  { spec, ended }: ClusterJob,
  folder: MountedFolder,
  wrong: (what: string) => void,
): void {
  const { parts, counters } = expectedOf(unpackWorkload(spec.params));
  const names = folder.namesIn(spec.output).filter((name) => name.startsWith("part-"));
  const expectedNames = parts.map((_, partition) => partName(partition, "none"));
  if (names.join() !== expectedNames.join()) wrong(`has the parts ${names.join()}`);
  for (const [partition, part] of parts.entries()) {
    const found = folder.numbersAt(`${spec.output}/${partName(partition, "none")}`);
    if (found?.join() !== part.join()) wrong(`has ${found?.join()} in part ${partition}`);
  }
  const counted = JSON.stringify(ended?.event.result?.counters);
  if (counted !== JSON.stringify(counters)) {
    wrong(`has counted ${counted}, and not ${JSON.stringify(counters)}`);
  }
}
