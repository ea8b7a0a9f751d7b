/**
 * The names in the folder, and what they mean:
 *
 *     state                     who the member is, its term and vote, its mark (state-file.ts)
 *     segment-SEQUENCE          a piece of the log (segment-writer.ts)
 *     snapshot-INDEX-TERM       a whole snapshot (snapshot-file.ts)
 *     incoming-INDEX-TERM       a snapshot that is being received
 *     recovery                  the member lost something, and has not recovered (recovery-note.ts)
 *     NAME.new                  a file that gets its name by a rename, when it is whole
 *     owner-...                 the process that owns the folder (folder-lock.ts)
 */

/** Where a master has all of it, below its own folder. */
export const LOG_FOLDER = "log";

const SEQUENCE_DIGITS = 12;
const INDEX_DIGITS = 15;

export const STATE_FILE = "state";
export const RECOVERY_FILE = "recovery";
export const OWNER_PREFIX = "owner-";
/** What the name of a file ends with until it is whole. */
export const NEW_SUFFIX = ".new";

/** What a name says. */
export type FileName =
  | { readonly kind: "state" | "recovery" | "new" | "owner" | "unknown" }
  | { readonly kind: "segment"; readonly sequence: number }
  | { readonly kind: "snapshot" | "incoming"; readonly index: number; readonly term: number };

export function segmentName(sequence: number): string {
  return `segment-${String(sequence).padStart(SEQUENCE_DIGITS, "0")}`;
}

export function snapshotName(
  kind: "snapshot" | "incoming",
  { index, term }: { readonly index: number; readonly term: number },
): string {
  const digits = (number: number): string => String(number).padStart(INDEX_DIGITS, "0");
  return `${kind}-${digits(index)}-${digits(term)}`;
}

const NUMBERED = /^(segment|snapshot|incoming)-(\d+)(?:-(\d+))?$/;

/** What a name means. */
export function parseFileName(name: string): FileName {
  if (name === STATE_FILE || name === RECOVERY_FILE) return { kind: name };
  if (name.startsWith(OWNER_PREFIX)) return { kind: "owner" };
  if (name.endsWith(NEW_SUFFIX)) return { kind: "new" };
  const [, kind, first, second] = NUMBERED.exec(name) ?? [];
  if (kind === "segment" && name === segmentName(Number(first))) {
    return { kind, sequence: Number(first) };
  }
  if (kind === "snapshot" || kind === "incoming") {
    const id = { index: Number(first), term: Number(second) };
    if (name === snapshotName(kind, id)) return { kind, ...id };
  }
  return { kind: "unknown" };
}
