/**
 * Reads a whole snapshot piece by piece, each verified. The file stays open, so a snapshot that is
 * replaced meanwhile can be read to its end.
 */

import type { LogIndex } from "../../base/ids.ts";
import { logIndex } from "../../base/ids.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/read-through.ts";
import { RECORD_PAYLOAD_BYTES_MAX } from "../limits.ts";
import { decodeHeader, decodePayload, RECORD_HEADER_BYTES, recordBytes } from "../record/record.ts";
import { diskError, readDamage } from "../storage-error.ts";
import type { ChunkIndex } from "./snapshot-scan.ts";

/** What a reader reads from. */
export interface SnapshotSource {
  readonly name: string;
  readonly place: number;
  readonly snapshot: StoredSnapshot;
  readonly chunks: ChunkIndex;
}

export class SnapshotReader {
  readonly snapshot: StoredSnapshot;
  readonly #source: SnapshotSource;
  readonly #file: DiskFile;
  readonly #folder: string;
  readonly #onClose: () => Promise<void>;
  /** The chunk that was read last: pieces are smaller than chunks, or lie across them. */
  #chunk: { readonly number: number; readonly bytes: Buffer } | undefined;
  #isClosed = false;

  constructor(
    source: SnapshotSource,
    file: DiskFile,
    folder: string,
    onClose: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.snapshot = source.snapshot;
    this.#source = source;
    this.#file = file;
    this.#folder = folder;
    this.#onClose = onClose;
  }

  get index(): LogIndex {
    return logIndex(this.snapshot.meta.index);
  }

  /** Bytes from `offset` on: `bytesMax` of them, and less at the end alone. Yours to keep. */
  async read(offset: number, bytesMax: number): Promise<Uint8Array> {
    const end = Math.min(offset + bytesMax, this.snapshot.sizeBytes);
    const pieces: Buffer[] = [];
    for (let at = offset; at < end; ) {
      const piece = (await this.#readAt(at)).subarray(0, end - at);
      pieces.push(piece);
      at += piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Must be called: until then the file of a snapshot that was replaced stays. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
    await this.#onClose();
  }

  /** What its chunk has from `offset` on. */
  async #readAt(offset: number): Promise<Buffer> {
    const { starts } = this.#source.chunks;
    const number = lastAtMost(starts, offset);
    if (this.#chunk?.number !== number) {
      this.#chunk = { number, bytes: await this.#readChunk(number) };
    }
    return this.#chunk.bytes.subarray(offset - starts[number]!);
  }

  async #readChunk(number: number): Promise<Buffer> {
    const { chunks, place, name, snapshot } = this.#source;
    const offset = chunks.offsets[number]!;
    const length = (chunks.starts[number + 1] ?? snapshot.sizeBytes) - chunks.starts[number]!;
    const bytes = Buffer.allocUnsafeSlow(recordBytes(Math.min(length, RECORD_PAYLOAD_BYTES_MAX)));
    try {
      await readThrough(this.#file, bytes, offset);
    } catch (error) {
      throw diskError(this.#folder, `read ${name}`, error);
    }
    const header = decodeHeader(bytes, 0, place, offset);
    const isIt = header?.index === chunks.starts[number] && header?.payloadBytes === length;
    const payload = header && isIt ? decodePayload(bytes, 0, header) : undefined;
    if (payload === undefined) throw readDamage(this.#folder, name, offset + RECORD_HEADER_BYTES);
    return payload;
  }
}

/** The position of the last number that is not above `value`, in a list that rises. */
function lastAtMost(rising: readonly number[], value: number): number {
  let low = 0;
  let high = rising.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (rising[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
