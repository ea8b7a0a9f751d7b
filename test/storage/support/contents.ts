/**
 * Entries and snapshots whose bytes follow from their index, so that whoever reads one knows what it
 * must hold.
 */

import { crc32 } from "node:zlib";
import { logIndex, memberId, term } from "../../../src/base/ids.ts";
import type { LogEntry, SnapshotMeta } from "../../../src/raft/log-entry.ts";
import type { ChunkWrite } from "../../../src/raft/ready.ts";
import type { StoredSnapshot } from "../../../src/raft/stored-snapshot.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import { Chance } from "./chance.ts";

export const IDENTITY = { cluster: "tests", member: memberId(1) };
export const MEMBERS = { voters: [1, 2, 3].map(memberId), learners: [memberId(4)] };

export function entryOf(index: number, itsTerm: number): LogEntry {
  const chance = new Chance(index);
  const data = new Uint8Array(chance.bytes(5 + chance.below(200)));
  return { index: logIndex(index), term: term(itsTerm), kind: "command", data };
}

export function snapshotBytes(index: number): Uint8Array {
  const chance = new Chance(index);
  return new Uint8Array(chance.bytes(1 + chance.below(1500)));
}

export function snapshotMeta(index: number, itsTerm: number): SnapshotMeta {
  return { index: logIndex(index), term: term(itsTerm), membership: MEMBERS };
}

/** The snapshot as another member stores it. */
export function storedSnapshot(index: number, itsTerm: number): StoredSnapshot {
  const bytes = snapshotBytes(index);
  return {
    meta: snapshotMeta(index, itsTerm),
    sizeBytes: bytes.length,
    checksum: crc32(bytes),
  };
}

/** Its bytes from `offset` on, in chunks of a size. */
export function chunksOf(
  snapshot: StoredSnapshot,
  offset: number,
  chunkBytes: number,
): ChunkWrite[] {
  const bytes = snapshotBytes(snapshot.meta.index);
  const chunks: ChunkWrite[] = [];
  for (let at = offset; at < bytes.length; at += chunkBytes) {
    const data = bytes.subarray(at, at + chunkBytes);
    chunks.push({ snapshot, offset: at, data, isLast: at + chunkBytes >= bytes.length });
  }
  return chunks;
}

/** All bytes of a log's snapshot, read in pieces. */
export async function readWhole(log: DurableLog): Promise<Uint8Array> {
  const reader = (await log.openSnapshot(log.snapshot.meta.index))!;
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < reader.snapshot.sizeBytes; offset += pieces.at(-1)!.length) {
    pieces.push(await reader.read(offset, 333));
  }
  await reader.close();
  return new Uint8Array(Buffer.concat(pieces));
}
