/**
 * A snapshot that this member is receiving. Chunks are taken in order only; what comes early or
 * twice is answered with what is there. Bytes count as received when they arrive, and the answer
 * that says so leaves after they are durable, so a crash loses nothing that was acknowledged.
 *
 * What always holds: `durableBytes <= handedBytes <= receivedBytes <= snapshot.sizeBytes`.
 */

import type { Term } from "../base/ids.ts";
import type { ChunkWrite } from "./ready.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

export class IncomingSnapshot {
  readonly snapshot: StoredSnapshot;
  /** Of the leader who sent the last chunk. A leader's snapshots only get younger. */
  term: Term;
  #receivedBytes: number;
  #handedBytes: number;
  #durableBytes: number;
  #writes: ChunkWrite[] = [];

  constructor(snapshot: StoredSnapshot, term: Term, durableBytes = 0) {
    this.snapshot = snapshot;
    this.term = term;
    this.#receivedBytes = durableBytes;
    this.#handedBytes = durableBytes;
    this.#durableBytes = durableBytes;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Every byte is durable, and the snapshot may be installed. */
  get isComplete(): boolean {
    return this.#durableBytes === this.snapshot.sizeBytes;
  }

  /** Takes the bytes of a chunk that are new. False if bytes before it are missing. */
  receive(offset: number, data: Uint8Array): boolean {
    if (offset > this.#receivedBytes) return false;
    const fresh = data.subarray(this.#receivedBytes - offset);
    if (fresh.length === 0) return true;
    const end = this.#receivedBytes + fresh.length;
    this.#writes.push({
      snapshot: this.snapshot,
      offset: this.#receivedBytes,
      data: fresh,
      isLast: end === this.snapshot.sizeBytes,
    });
    this.#receivedBytes = end;
    return true;
  }

  get hasWrites(): boolean {
    return this.#writes.length > 0;
  }

  takeWrites(): readonly ChunkWrite[] {
    const writes = this.#writes;
    this.#writes = [];
    this.#handedBytes = this.#receivedBytes;
    return writes;
  }

  /** What was taken is durable. */
  writesDurable(): void {
    this.#durableBytes = this.#handedBytes;
  }

  /** The bytes are not what they should be: all of them must come again. */
  discard(): void {
    this.#receivedBytes = 0;
    this.#handedBytes = 0;
    this.#durableBytes = 0;
    this.#writes = [];
  }
}
