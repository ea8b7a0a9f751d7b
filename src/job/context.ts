/**
 * What a user's function is handed besides its record: params, counters, and where it runs.
 */

/**
 * The last argument of `map` and `reduce`: what they may know besides their record. `P` is what the
 * job's params schema puts out.
 *
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit, context) {
 *     const [host, bytes] = line.split("\t");
 *     if (host === undefined || bytes === undefined) context.count("unparsable lines");
 *     else emit(host, Number(bytes));
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export interface Context<P = unknown> {
  /** The job's params, as its schema puts them out. */
  readonly params: P;
  /**
   * Adds `amount`, 1 unless given, to a counter of the job's own. Counters are whole numbers; the
   * job sums them over the attempts that won, so that a retry counts nothing twice. Each step of a
   * pipeline has its own; of one that repeats, what its last iteration counted is left. A job has
   * 1,000 at the most.
   */
  count(name: string, amount?: number): void;
  /** The user counters of the step, or the iteration, before this one; empty in the first. */
  readonly previous: Readonly<Record<string, number>>;
  /** Which attempt of which task this is, for logs; results must not depend on it. */
  readonly attempt: AttemptLabel;
}

/** Names an attempt: `map 3, attempt 0`. */
export interface AttemptLabel {
  readonly phase: "map" | "reduce";
  /** The task's index in its phase, from 0. */
  readonly task: number;
  /** The attempt's ordinal among those of its task, from 0. */
  readonly attempt: number;
}
