/**
 * How segments and snapshots begin: 16 bytes that say what the file is and which format it has, and
 * a record whose payload is JSON.
 *
 *      0  "SHEAF"      5  "L" (log) or "S" (snapshot)      6  u16 format
 *      8  u32 tag of the member (identity.ts)             12  u32 0
 *     16  record of kind "file-header"
 *
 * The first 16 bytes are there for strangers: a reader of another format, or one that does not know
 * whose file it is. Who knows the member trusts the record alone, which has a checksum.
 */

import { logIndex, memberId, term } from "../../base/ids.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/read-through.ts";
import { type Identity, identityTag } from "../identity.ts";
import {
  decodeHeader,
  decodePayload,
  placeOf,
  RECORD_HEADER_BYTES,
  recordBytes,
} from "./record.ts";
import type { RecordAppender } from "./record-appender.ts";

export const PREAMBLE_BYTES = 16;
export const FORMAT = 1;

const MAGIC = "SHEAF";
const LETTERS = { segment: "L", snapshot: "S" } as const;
/** Headers are shorter; what is larger is none. */
const HEADER_READ_BYTES = 8192;

/** Where a segment stands in the log. */
export interface SegmentHeader {
  readonly sequence: number;
  /**
   * The segment before, and where it ends: what lies behind that is void, whatever it is. Without
   * one the log begins anew after `base`, and all earlier segments are void.
   */
  readonly previous?: { readonly sequence: number; readonly endOffset: number };
  /** The last entry before the first of this segment. */
  readonly base: { readonly index: number; readonly term: number };
}

/** What a snapshot stands for, and what it must become where that is known from the start. */
export interface SnapshotHeader {
  readonly index: number;
  readonly term: number;
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  readonly expected?: { readonly sizeBytes: number; readonly checksum: number };
}

/** What the payload of a header says, with whose it is. */
export type HeaderOf<Content> = Content & { readonly cluster: string; readonly member: number };

/** Writes the beginning of a file through its appender, whose tail must be `PREAMBLE_BYTES`. */
export async function writeFileHeader(
  file: DiskFile,
  appender: RecordAppender,
  type: keyof typeof LETTERS,
  identity: Identity,
  content: SegmentHeader | SnapshotHeader,
): Promise<void> {
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  preamble.write(MAGIC + LETTERS[type], "latin1");
  preamble.writeUInt16LE(FORMAT, 6);
  preamble.writeUInt32LE(identityTag(identity), 8);
  await file.write(preamble, 0);
  const payload = Buffer.from(JSON.stringify({ ...identity, ...content }));
  appender.add({ kind: "file-header", index: 0, term: 0, payload });
}

/** What a stranger can tell from the beginning of a file. */
export interface FileFace {
  readonly format: number | undefined;
  readonly tag: number | undefined;
}

/** Reads the first 16 bytes: the format and the tag, where they are those of a file of ours. */
export function readFace(bytes: Buffer): FileFace {
  const isOurs = bytes.length >= PREAMBLE_BYTES && bytes.toString("latin1", 0, 5) === MAGIC;
  if (!isOurs) return { format: undefined, tag: undefined };
  return { format: bytes.readUInt16LE(6), tag: bytes.readUInt32LE(8) };
}

/** Reads a file's first bytes: enough for all that this module decodes. */
export async function readBeginning(disk: Disk, name: string): Promise<Buffer> {
  const file = await disk.open(name, "read");
  try {
    const bytes = Buffer.alloc(HEADER_READ_BYTES);
    return bytes.subarray(0, await readThrough(file, bytes, 0));
  } finally {
    await file.close();
  }
}

/**
 * The header in a file's first bytes, if it is sound. `name` is the name that the file's checksums
 * begin with.
 */
export function decodeFileHeader<Content>(
  bytes: Buffer,
  name: string,
  tag: number,
): { readonly content: HeaderOf<Content>; readonly endOffset: number } | undefined {
  if (bytes.length < PREAMBLE_BYTES + RECORD_HEADER_BYTES) return undefined;
  const header = decodeHeader(bytes, PREAMBLE_BYTES, placeOf(name, tag), PREAMBLE_BYTES);
  if (header?.kind !== "file-header") return undefined;
  const endOffset = PREAMBLE_BYTES + recordBytes(header.payloadBytes);
  if (endOffset > bytes.length) return undefined;
  const payload = decodePayload(bytes, PREAMBLE_BYTES, header);
  // What matches its checksum was written by this module.
  return payload === undefined
    ? undefined
    : { content: JSON.parse(payload.toString()) as HeaderOf<Content>, endOffset };
}

export function snapshotHeader(
  { index, term, membership }: StoredSnapshot["meta"],
  expected?: SnapshotHeader["expected"],
): SnapshotHeader {
  const { voters, learners } = membership;
  return { index, term, voters, learners, ...(expected === undefined ? {} : { expected }) };
}

export function metaOf(header: SnapshotHeader): StoredSnapshot["meta"] {
  return {
    index: logIndex(header.index),
    term: term(header.term),
    membership: {
      voters: header.voters.map(memberId),
      learners: header.learners.map(memberId),
    },
  };
}
