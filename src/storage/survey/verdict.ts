/**
 * What can be said of a data folder, as plain data: for the shell, which decides whether the member
 * may go on, and for `sheaf doctor`, which tells a person.
 */

import type { MemberId, Term } from "../../base/ids.ts";
import type { SnapshotMeta } from "../../raft/log-entry.ts";

/** Something that is not as it was written. */
export interface Fault {
  readonly file: string;
  /** What is wrong, to follow the file's name in a sentence. */
  readonly what: string;
  /** The bytes, where only some are concerned. */
  readonly bytes?: { readonly offset: number; readonly end: number };
}

/** A range of indices, both ends included. */
export interface IndexRange {
  readonly first: number;
  readonly last: number;
}

/** The end of a log that a crash left half written, of which nothing had been acknowledged. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
  readonly lostBytes: number;
}

/** What a damaged folder still says for certain. */
export interface Certain {
  /** The member's term was at least this. */
  readonly term: Term;
  /** `"lost"`: it may have voted in this term, or in a later one. */
  readonly votedFor: MemberId | undefined | "lost";
  /** The youngest snapshot that is whole. */
  readonly snapshot: SnapshotMeta | undefined;
  /** Entries behind it that are whole, in the log, and known to be committed. */
  readonly entries: IndexRange | undefined;
}

/**
 * - `"new"`: nothing was ever acknowledged here
 * - `"intact"`: everything is there that was acknowledged. `covered` is damage that a snapshot or a
 *   second copy stands in for
 * - `"damaged"`: something is lost that was acknowledged, or may be
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
  | {
      readonly kind: "damaged";
      /** At most `FAULTS_LISTED_MAX` of them. */
      readonly faults: readonly Fault[];
      readonly faultCount: number;
      readonly certain: Certain;
    };

/** A fault as the end of a sentence: `segment-000000000002 cannot be read from byte 96 to 128`. */
export function faultInWords({ file, what, bytes }: Fault): string {
  const where = bytes === undefined ? "" : ` (bytes ${bytes.offset} to ${bytes.end})`;
  return `${file} ${what}${where}`;
}
