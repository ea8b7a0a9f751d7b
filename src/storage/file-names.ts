/**
 * The names in the folder, and what they mean:
 *
 *     vote                          term and vote, twice (vote-file.ts)
 *     mark                          how far the log was durable (mark-file.ts)
 *     recovery                      the member lost something, and has not recovered (recovery-file.ts)
 *     segment-SEQUENCE              a piece of the log (segment-writer.ts)
 *     snapshot-INDEX-TERM           a whole snapshot (snapshot-file.ts)
 *     writing-, incoming-INDEX-TERM a snapshot that is being made here, or received
 *     NAME.new                      a file that gets its name by a rename
 *     aside-NAME                    what a recovery has put aside, as it was
 *     owner-...                     the process that owns the folder (folder-lock.ts)
 */

const SEQUENCE_DIGITS = 12;
const INDEX_DIGITS = 15;

export const VOTE_FILE = "vote";
export const MARK_FILE = "mark";
export const RECOVERY_FILE = "recovery";
export const ASIDE_PREFIX = "aside-";
export const OWNER_PREFIX = "owner-";

const SNAPSHOT_STATES = ["snapshot", "writing", "incoming"] as const;

/** Whole, being made here, or being received. */
export type SnapshotState = (typeof SNAPSHOT_STATES)[number];

/** What a name says. */
export type FileName =
  | { readonly kind: "vote" | "mark" | "recovery" | "new" | "aside" | "owner" | "unknown" }
  | { readonly kind: "segment"; readonly sequence: number }
  | { readonly kind: SnapshotState; readonly index: number; readonly term: number };

export function segmentName(sequence: number): string {
  return `segment-${String(sequence).padStart(SEQUENCE_DIGITS, "0")}`;
}

export function snapshotName(
  state: SnapshotState,
  { index, term }: { readonly index: number; readonly term: number },
): string {
  const digits = (number: number): string => String(number).padStart(INDEX_DIGITS, "0");
  return `${state}-${digits(index)}-${digits(term)}`;
}

const SEGMENT = new RegExp(`^segment-(\\d{${SEQUENCE_DIGITS}})$`);
const SNAPSHOT = new RegExp(
  `^(${SNAPSHOT_STATES.join("|")})-(\\d{${INDEX_DIGITS}})-(\\d{${INDEX_DIGITS}})$`,
);

/** What a name means. */
export function parseFileName(name: string): FileName {
  if (name === VOTE_FILE || name === MARK_FILE || name === RECOVERY_FILE) return { kind: name };
  if (name.startsWith(ASIDE_PREFIX)) return { kind: "aside" };
  if (name.startsWith(OWNER_PREFIX)) return { kind: "owner" };
  if (name.endsWith(".new")) return { kind: "new" };
  const segment = SEGMENT.exec(name);
  if (segment !== null) return { kind: "segment", sequence: Number(segment[1]) };
  const snapshot = SNAPSHOT.exec(name);
  if (snapshot === null) return { kind: "unknown" };
  const [, state, index, term] = snapshot;
  return { kind: state as SnapshotState, index: Number(index), term: Number(term) };
}
