/**
 * Whose folder it is, by what its files say. A folder of another member, or of a newer Sheaf, is no
 * damaged one, and must not be treated like that.
 */

import { SheafError } from "../../base/error.ts";
import { memberId } from "../../base/ids.ts";
import type { Disk } from "../disk/disk.ts";
import { parseFileName, snapshotName } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import { decodeFileHeader, FORMAT, readBeginning, readFace } from "../record/file-header.ts";

/** What the files of a folder say. */
export interface FolderOwner {
  /** Everyone that a sound header names, most of all first. */
  readonly identities: readonly Identity[];
  /** A format of another version, where a file has one. */
  readonly otherFormat: number | undefined;
}

/** Reads the headers of segments and snapshots, each by what it says itself. */
export async function findOwner(disk: Disk): Promise<FolderOwner> {
  const counts = new Map<string, { readonly identity: Identity; count: number }>();
  let otherFormat: number | undefined;
  for (const name of await disk.list()) {
    const parsed = parseFileName(name);
    const isSnapshot = parsed.kind === "snapshot" || parsed.kind === "incoming";
    if (parsed.kind !== "segment" && !isSnapshot) continue;
    const bytes = await readBeginning(disk, name);
    const { format, tag } = readFace(bytes);
    const placeName = isSnapshot ? snapshotName("snapshot", parsed) : name;
    const header = tag === undefined ? undefined : decodeFileHeader<object>(bytes, placeName, tag);
    if (header === undefined) {
      if (format !== undefined && format !== FORMAT) otherFormat = format;
      continue;
    }
    const { cluster, member } = header.content;
    const key = `${cluster}\n${member}`;
    const entry = counts.get(key) ?? { identity: { cluster, member: memberId(member) }, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  const sorted = [...counts.values()].sort((a, b) => b.count - a.count);
  return { identities: sorted.map(({ identity }) => identity), otherFormat };
}

/** Refuses a folder of somebody else. @throws SheafError `DATA_MISMATCH`. */
export async function checkOwner(disk: Disk, identity: Identity): Promise<void> {
  const { identities, otherFormat } = await findOwner(disk);
  const own = identityTag(identity);
  if (identities.some((found) => identityTag(found) === own)) return;
  const [other] = identities;
  if (other !== undefined) {
    throw new SheafError(
      "DATA_MISMATCH",
      `Cannot use ${disk.path}: it is the data of member ${other.member} of cluster ` +
        `"${other.cluster}", not of member ${identity.member} of "${identity.cluster}". ` +
        "Check the folder and the member's number.",
      { data: { path: disk.path, cluster: other.cluster, member: other.member } },
    );
  }
  if (otherFormat !== undefined) {
    throw new SheafError(
      "DATA_MISMATCH",
      `Cannot use ${disk.path}: its files are of format ${otherFormat}, and this version of ` +
        `Sheaf reads format ${FORMAT}. Use the version that wrote it.`,
      { data: { path: disk.path, format: otherFormat } },
    );
  }
}
