/**
 * A snapshot's file: its header, its bytes in chunks, and a last record with their number and
 * checksum. A file that is being received is the same without its end, so that what is there of it
 * after a crash can be told from what is not.
 */

import { crc32 } from "node:zlib";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk } from "../disk/disk.ts";
import { type SnapshotState, snapshotName } from "../file-names.ts";
import {
  decodeFileHeader,
  metaOf,
  PREAMBLE_BYTES,
  readBeginning,
  type SnapshotHeader,
} from "../record/file-header.ts";
import { placeOf, type RecordHeader, recordBytes } from "../record/record.ts";
import { scanRecords } from "../record/record-scan.ts";

/** Where the chunks lie: `starts[i]` is what the snapshot has before chunk i, `offsets[i]` its place. */
export interface ChunkIndex {
  readonly starts: number[];
  readonly offsets: number[];
}

/** A file of a snapshot, as it was found. */
export interface SnapshotScan {
  readonly name: string;
  readonly state: SnapshotState;
  /** From the file's name. */
  readonly index: number;
  readonly term: number;
  readonly fileBytes: number;
  readonly header: SnapshotHeader | undefined;
  readonly chunks: ChunkIndex;
  /** Bytes of the snapshot that are there from its beginning on, without a gap, and their CRC-32. */
  readonly soundBytes: number;
  readonly checksum: number;
  /** Where those end in the file, and how far it was durable for certain. */
  readonly endOffset: number;
  readonly durableTo: number;
  /** The snapshot, if the file holds all of it and it matches its checksums. */
  readonly whole: StoredSnapshot | undefined;
}

/** The name that the checksums of a snapshot's file begin with, whatever it is called meanwhile. */
export function snapshotPlace(
  snapshot: { readonly index: number; readonly term: number },
  tag: number,
): number {
  return placeOf(snapshotName("snapshot", snapshot), tag);
}

/** Reads a snapshot's file from end to end. */
export async function scanSnapshot(
  disk: Disk,
  name: string,
  parsed: { readonly kind: SnapshotState; readonly index: number; readonly term: number },
  tag: number,
): Promise<SnapshotScan> {
  const { kind, index, term } = parsed;
  const finalName = snapshotName("snapshot", parsed);
  const beginning = await readBeginning(disk, name);
  const header = decodeFileHeader<SnapshotHeader>(beginning, finalName, tag)?.content;
  const course = new ChunkCourse();
  const file = await disk.open(name, "read");
  let fileBytes: number;
  try {
    const from = { place: snapshotPlace(parsed, tag), start: PREAMBLE_BYTES };
    fileBytes = (await scanRecords(file, from, course)).sizeBytes;
  } finally {
    await file.close();
  }
  const { soundBytes, checksum, end } = course;
  const isWhole =
    header?.index === index &&
    header.term === term &&
    end?.sizeBytes === soundBytes &&
    end.checksum === checksum;
  return {
    ...{ name, state: kind, index, term, fileBytes, header },
    ...{ chunks: course.chunks, soundBytes, checksum },
    ...{ endOffset: course.endOffset, durableTo: course.durableTo },
    whole: isWhole ? { meta: metaOf(header), sizeBytes: soundBytes, checksum } : undefined,
  };
}

/** Follows the chunks of a snapshot as long as they follow each other. */
class ChunkCourse {
  readonly chunks: ChunkIndex = { starts: [], offsets: [] };
  soundBytes = 0;
  checksum = 0;
  endOffset = PREAMBLE_BYTES;
  durableTo = 0;
  end: { readonly sizeBytes: number; readonly checksum: number } | undefined;
  #isBroken = false;

  record(header: RecordHeader, offset: number, payload: Buffer): void {
    if (this.#isBroken) return;
    if (header.kind === "snapshot-end") {
      this.end = JSON.parse(payload.toString()) as NonNullable<ChunkCourse["end"]>;
      return;
    }
    if (header.kind === "chunk") {
      if (header.index !== this.soundBytes) {
        this.#isBroken = true;
        return;
      }
      this.chunks.starts.push(this.soundBytes);
      this.chunks.offsets.push(offset);
      this.soundBytes += payload.length;
      this.checksum = crc32(payload, this.checksum);
    }
    this.durableTo = Math.max(this.durableTo, header.durableTo);
    this.endOffset = offset + recordBytes(header.payloadBytes);
  }

  damage(): void {
    this.#isBroken = true;
  }
}
