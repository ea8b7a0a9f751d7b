/**
 * A snapshot on its way to one member, as its leader sees it. A transfer begins by asking how much
 * is there (a chunk without data); the answer is where it goes on, so that one that a crash, another
 * leader or a lost message interrupted is resumed. Then chunks flow in a bounded window, and what
 * was lost is sent again from the first gap on, as TCP in its simplest form does.
 *
 * What always holds: `ackedBytes <= sentBytes <= snapshot.sizeBytes`.
 */

import type { StoredSnapshot } from "./stored-snapshot.ts";

/** A piece of the snapshot; 0 bytes ask how much is there. */
export interface ChunkRange {
  readonly offset: number;
  readonly byteCount: number;
}

export interface TransferOptions {
  readonly chunkBytesMax: number;
  readonly chunksInFlightMax: number;
  /** Ticks without an answer after which the leader asks again. */
  readonly retryTicks: number;
}

export class SnapshotTransfer {
  readonly snapshot: StoredSnapshot;
  readonly #options: TransferOptions;
  /** `ask`: a question is due. `asked`: it waits for its answer. `stream`: chunks may flow. */
  #phase: "ask" | "asked" | "stream" = "ask";
  /** Durable at the receiver, as it said last. */
  #ackedBytes = 0;
  #sentBytes = 0;
  /** Where the last gap began: chunks that were under way behind it report the same one. */
  #gapAt: number | undefined;
  #idleTicks = 0;

  constructor(snapshot: StoredSnapshot, options: TransferOptions) {
    this.snapshot = snapshot;
    this.#options = options;
  }

  get ackedBytes(): number {
    return this.#ackedBytes;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** The next piece to send, if one may be sent now; it counts as sent. */
  next(): ChunkRange | undefined {
    if (this.#phase === "ask") {
      this.#phase = "asked";
      return { offset: this.#ackedBytes, byteCount: 0 };
    }
    if (this.#phase === "asked") return undefined;
    const { chunkBytesMax, chunksInFlightMax } = this.#options;
    const windowEnd = this.#ackedBytes + chunkBytesMax * chunksInFlightMax;
    const end = Math.min(this.#sentBytes + chunkBytesMax, this.snapshot.sizeBytes, windowEnd);
    const byteCount = end - this.#sentBytes;
    if (byteCount <= 0) return undefined;
    const range = { offset: this.#sentBytes, byteCount };
    this.#sentBytes = end;
    return range;
  }

  /** The receiver says how much it has. */
  acknowledge(receivedBytes: number, isGap: boolean): void {
    if (receivedBytes > this.snapshot.sizeBytes) return;
    if (this.#phase === "ask" || this.#phase === "asked") {
      this.#phase = "stream";
      this.#goOnFrom(receivedBytes);
    } else if (isGap) {
      if (this.#gapAt === receivedBytes) return;
      this.#gapAt = receivedBytes;
      this.#goOnFrom(receivedBytes);
    } else if (receivedBytes > this.#ackedBytes) {
      this.#ackedBytes = receivedBytes;
      this.#sentBytes = Math.max(this.#sentBytes, receivedBytes);
      this.#idleTicks = 0;
    }
  }

  /** Asks again when nothing was heard for too long: chunks, or their answers, were lost. */
  tick(): void {
    this.#idleTicks++;
    if (this.#idleTicks < this.#options.retryTicks) return;
    this.#idleTicks = 0;
    this.#phase = "ask";
  }

  #goOnFrom(receivedBytes: number): void {
    this.#ackedBytes = receivedBytes;
    this.#sentBytes = receivedBytes;
    this.#idleTicks = 0;
  }
}
