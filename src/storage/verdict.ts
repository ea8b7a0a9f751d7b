/**
 * What can be said of a data folder, as plain data: for the shell, which decides whether the member
 * may go on, and for `sheaf doctor`, which tells a person.
 */

/** Something that is not as it was written. */
export interface Fault {
  readonly file: string;
  /** What is wrong, to follow the file's name in a sentence. */
  readonly what: string;
}

/** The end of a log that a crash left half written, of which nothing had been acknowledged. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
  readonly lostBytes: number;
}

/**
 * - `"new"`: nothing was ever acknowledged here
 * - `"intact"`: everything is there that was acknowledged. `covered` is damage that a snapshot or a
 *   second copy stands in for
 * - `"damaged"`: something is lost that was acknowledged, or may be: the member must get it back from
 *   its group (`beginRecovery`), and must not vote before
 */
export type Verdict =
  | { readonly kind: "new" }
  | {
      readonly kind: "intact";
      /** It was damaged before, and the group has not brought it up to date yet. */
      readonly isRecovering: boolean;
      readonly tornTail: TornTail | undefined;
      readonly covered: readonly Fault[];
    }
  | { readonly kind: "damaged"; readonly faults: readonly Fault[] };
