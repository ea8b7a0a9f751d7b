/**
 * What a user's function is handed besides its record: params, counters, and where it runs.
 */

/** The last argument of `map` and `reduce`. `P` is what the job's params schema puts out. */
export interface Context<P = unknown> {
  /** The job's params, checked. */
  readonly params: P;
  /**
   * Adds to a counter of the job's own; `amount` is a safe integer, 1 unless given.
   *
   * @example
   * ```ts
   * if (fields.length < 7) context.count("unparsable lines");
   * ```
   */
  count(name: string, amount?: number): void;
  /** The user counters of the step before this one (empty in the first). */
  readonly previous: Readonly<Record<string, number>>;
  /** Which attempt of which task this is, for logs; results must not depend on it. */
  readonly attempt: AttemptLabel;
}

/** Names an attempt: `map 3, attempt 0`. */
export interface AttemptLabel {
  readonly phase: "map" | "reduce";
  readonly task: number;
  readonly attempt: number;
}
