/**
 * Counters: whole numbers that tasks add up and the job sums over the attempts that won. The names
 * of the engine's own are Hadoop's, so that a reader of either knows both.
 */

/** Names of the engine's counters. */
export const TASK_COUNTERS = [
  "MAP_INPUT_RECORDS",
  "MAP_INPUT_BYTES",
  "MAP_SKIPPED_RECORDS",
  "MAP_OUTPUT_RECORDS",
  "MAP_OUTPUT_BYTES",
  "MAP_OUTPUT_MATERIALIZED_BYTES",
  "COMBINE_INPUT_RECORDS",
  "COMBINE_OUTPUT_RECORDS",
  "SPILLED_RECORDS",
  "SHUFFLED_MAPS",
  "REDUCE_SHUFFLE_BYTES",
  "REDUCE_INPUT_GROUPS",
  "REDUCE_INPUT_RECORDS",
  "REDUCE_SKIPPED_GROUPS",
  "REDUCE_OUTPUT_RECORDS",
  "REDUCE_OUTPUT_BYTES",
] as const;

/**
 * The name of one of the engine's counters.
 *
 * - `MAP_INPUT_RECORDS`, `MAP_INPUT_BYTES`: what the map tasks have read; bytes as they lie on the
 *   disk, compressed where the files are
 * - `MAP_SKIPPED_RECORDS`: bad records that were left out
 * - `MAP_OUTPUT_RECORDS`, `MAP_OUTPUT_BYTES`: what `map` has emitted, as encoded keys and values
 * - `MAP_OUTPUT_MATERIALIZED_BYTES`: what of that was written to disk, after combining
 * - `COMBINE_INPUT_RECORDS`, `COMBINE_OUTPUT_RECORDS`: what went into the combiner and came out
 * - `SPILLED_RECORDS`: records written to runs, each time they were; as many as `map` put out,
 *   after combining, where memory was enough, and more where runs had to be merged
 * - `SHUFFLED_MAPS`: regions that the reduce tasks have fetched
 * - `REDUCE_SHUFFLE_BYTES`: the bytes in them
 * - `REDUCE_INPUT_GROUPS`, `REDUCE_INPUT_RECORDS`: calls of `reduce`, and the values they were
 *   given
 * - `REDUCE_SKIPPED_GROUPS`: bad groups that were left out
 * - `REDUCE_OUTPUT_RECORDS`, `REDUCE_OUTPUT_BYTES`: what the parts hold
 */
export type TaskCounter = (typeof TASK_COUNTERS)[number];

/** Sums by name. */
export interface Counters {
  /** The engine's: all of them, 0 where there was nothing to count. */
  readonly task: Readonly<Record<TaskCounter, number>>;
  /** The job's own, those that were counted: absent is 0. */
  readonly user: Readonly<Record<string, number>>;
}

/** All the engine's counters at zero. */
export function zeroTaskCounters(): Record<TaskCounter, number> {
  return Object.fromEntries(TASK_COUNTERS.map((name) => [name, 0])) as Record<TaskCounter, number>;
}

/**
 * The counters of a job of several steps: the engine's add up over all runs of all steps, those of
 * the user over the last run of each. What an iteration counts is true of it alone, such as how many
 * pages still move, and is its successor's to read; a sum over iterations means nothing.
 */
export function countersOfRuns(
  runs: readonly { readonly step: number; readonly counters: Counters }[],
): Counters {
  const last = runs.filter(({ step }, index) => runs[index + 1]?.step !== step);
  const { task } = sumCounters(runs.map(({ counters }) => counters));
  return { task, user: sumCounters(last.map(({ counters }) => counters)).user };
}

/** The sums of several sets of counters; user counters come out sorted by name. */
export function sumCounters(sets: Iterable<Counters>): Counters {
  const task = zeroTaskCounters();
  const user = new Map<string, number>();
  for (const set of sets) {
    for (const name of TASK_COUNTERS) task[name] += set.task[name];
    for (const [name, count] of Object.entries(set.user)) {
      user.set(name, (user.get(name) ?? 0) + count);
    }
  }
  return { task, user: Object.fromEntries([...user].sort(([a], [b]) => (a < b ? -1 : 1))) };
}
