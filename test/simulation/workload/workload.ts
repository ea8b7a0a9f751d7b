/**
 * The jobs that are run: small, made of numbers, and such that any mistake shows in what comes out.
 * What a map or reduce function makes depends on its input alone, and what a reduce makes depends on
 * the order of its values too.
 */

import { type Counters, zeroTaskCounters } from "../../../src/job/counters.ts";
import type { Chance } from "../../storage/support/chance.ts";
import type { Numbers } from "../world/mounted-folder.ts";

/** What is special about a job. */
export type Trouble =
  | "none"
  /** The first attempts of some tasks fail by their own code. */
  | "flaky"
  /** All attempts of one map do, and so must the job. */
  | "poisoned"
  /** Its partitions begin where a sample of the input says. */
  | "sampled";

/** See the head of this file. */
export interface Workload {
  readonly seed: number;
  readonly maps: number;
  readonly partitions: number;
  readonly steps: number;
  readonly records: number;
  /** How long an attempt takes on a machine that is not slow. */
  readonly attemptMs: number;
  readonly trouble: Trouble;
}

const MODULUS = 1_000_003;

/** One job in so many has many maps that take next to nothing: workers are given more than they run. */
const SHORT_ONE_IN = 8;

export function drawWorkload(chance: Chance): Workload {
  const workload = drawUsual(chance);
  if (workload.seed % SHORT_ONE_IN !== 0) return workload;
  return { ...workload, maps: 30 + workload.maps * 10, attemptMs: 1 + (workload.attemptMs % 20) };
}

function drawUsual(chance: Chance): Workload {
  const trouble = chance.pick(["none", "none", "none", "flaky", "flaky", "poisoned", "sampled"]);
  return {
    seed: chance.below(MODULUS),
    maps: 1 + chance.below(8),
    partitions: 1 + chance.below(4),
    steps: chance.pick([1, 1, 2, 3]),
    records: 1 + chance.below(6),
    attemptMs: Math.floor(chance.between(100, 2500)),
    trouble: trouble as Trouble,
  };
}

/** As the parameters of a job travel. */
export function packWorkload(workload: Workload): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(workload));
}

export function unpackWorkload(params: Uint8Array): Workload {
  return JSON.parse(new TextDecoder().decode(params)) as Workload;
}

/** The input of one map of the first step. */
export function inputOf({ seed, records }: Workload, map: number): Numbers {
  return Array.from({ length: records }, (_, i) => (seed + map * 7919 + i * 104_729) % MODULUS);
}

/** What a map puts out: numbers for each partition. */
export function mapOutputOf({ partitions }: Workload, step: number, input: Numbers): Numbers[] {
  const regions: number[][] = Array.from({ length: partitions }, () => []);
  for (const record of input) {
    const value = (record * 31 + step + 1) % MODULUS;
    regions[(record ^ (record >>> 5)) % partitions]!.push(value);
    // An even record is put out twice.
    if (record % 2 === 0) regions[value % partitions]!.push((value * 7) % MODULUS);
  }
  return regions;
}

/** What a reduce puts out of the regions of all maps, in the order of the maps. */
export function reduceOutputOf(regions: readonly Numbers[]): Numbers {
  return regions.flat().map((value, place) => (value * 17 + place) % MODULUS);
}

/** Whether an attempt fails by its own code. */
export function mustFail(
  { trouble, maps, seed }: Workload,
  step: number,
  phase: "map" | "reduce",
  task: number,
  attempt: number,
): boolean {
  if (step > 0) return false;
  if (trouble === "poisoned") return phase === "map" && task === seed % maps;
  return trouble === "flaky" && (task + seed) % 3 === 0 && attempt < 1 + (seed % 2);
}

export function mapCounters(input: Numbers, output: readonly Numbers[]): Counters {
  const task = zeroTaskCounters();
  const records = output.reduce((sum, region) => sum + region.length, 0);
  task.MAP_INPUT_RECORDS = input.length;
  task.MAP_INPUT_BYTES = sizeOf(input);
  task.MAP_OUTPUT_RECORDS = records;
  task.MAP_OUTPUT_MATERIALIZED_BYTES = records * 8;
  return { task, user: { even: input.filter((record) => record % 2 === 0).length } };
}

export function reduceCounters(regions: readonly Numbers[], output: Numbers): Counters {
  const task = zeroTaskCounters();
  task.SHUFFLED_MAPS = regions.length;
  task.REDUCE_INPUT_RECORDS = regions.reduce((sum, region) => sum + region.length, 0);
  task.REDUCE_SHUFFLE_BYTES = task.REDUCE_INPUT_RECORDS * 8;
  task.REDUCE_OUTPUT_RECORDS = output.length;
  return { task, user: { reduced: output.length } };
}

export function sizeOf(numbers: Numbers): number {
  return numbers.length * 8;
}
