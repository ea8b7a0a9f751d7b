/**
 * What a job must put out: the same functions, called one after the other by a loop that knows nothing
 * of tasks, attempts or machines.
 */

import { type Counters, countersOfRuns, sumCounters } from "../../../src/job/counters.ts";
import type { Numbers } from "../world/mounted-folder.ts";
import {
  inputOf,
  mapCounters,
  mapOutputOf,
  reduceCounters,
  reduceOutputOf,
  type Workload,
} from "./workload.ts";

/** What is in the output, by partition, and what was counted. */
export interface Expected {
  readonly parts: readonly Numbers[];
  readonly counters: Counters;
}

export function expectedOf(workload: Workload): Expected {
  const runs: { step: number; counters: Counters }[] = [];
  let inputs: readonly Numbers[] = Array.from({ length: workload.maps }, (_, map) =>
    inputOf(workload, map),
  );
  for (let step = 0; step < workload.steps; step++) {
    const outputs = inputs.map((input) => mapOutputOf(workload, step, input));
    const counters = outputs.map((output, map) => mapCounters(inputs[map]!, output));
    inputs = Array.from({ length: workload.partitions }, (_, partition) => {
      const regions = outputs.map((output) => output[partition]!);
      const part = reduceOutputOf(regions);
      counters.push(reduceCounters(regions, part));
      return part;
    });
    runs.push({ step, counters: sumCounters(counters) });
  }
  return { parts: inputs, counters: countersOfRuns(runs) };
}
