/**
 * Writes a snapshot of this member's own, under a name that says it is not whole: `commit` publishes
 * it by a rename, `discard` leaves nothing.
 */

import { assert } from "../../base/assert.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { SnapshotFile } from "./snapshot-file.ts";

/** What the writer's storage does for it. */
export interface SnapshotWriterHost {
  add(file: SnapshotFile, bytes: Uint8Array): Promise<void>;
  publish(file: SnapshotFile): Promise<void>;
  remove(file: SnapshotFile): Promise<void>;
}

/** See the head of this file. One of `commit` and `discard` must be called. */
export class SnapshotWriter {
  readonly #file: SnapshotFile;
  readonly #host: SnapshotWriterHost;
  readonly #chunk: Buffer;
  #filled = 0;
  #isDone = false;

  constructor(file: SnapshotFile, chunkBytes: number, host: SnapshotWriterHost) {
    this.#file = file;
    this.#host = host;
    this.#chunk = Buffer.allocUnsafeSlow(chunkBytes);
  }

  /** Adds bytes of the state. One call at a time; after one that failed, only `discard` is left. */
  async write(bytes: Uint8Array): Promise<void> {
    assert(!this.#isDone, "a snapshot is written before it is committed or discarded");
    for (let taken = 0; taken < bytes.length; ) {
      const piece = bytes.subarray(taken, taken + this.#chunk.length - this.#filled);
      this.#chunk.set(piece, this.#filled);
      this.#filled += piece.length;
      taken += piece.length;
      if (this.#filled === this.#chunk.length) await this.#addChunk();
    }
  }

  /** Publishes the snapshot: it is whole and durable, and the log may be compacted up to it. */
  async commit(): Promise<StoredSnapshot> {
    assert(!this.#isDone, "a snapshot is committed or discarded once");
    if (this.#filled > 0) await this.#addChunk();
    await this.#host.publish(this.#file);
    this.#isDone = true;
    return this.#file.stored;
  }

  /** Removes what was written. After `commit` it does nothing. */
  async discard(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#host.remove(this.#file);
  }

  async #addChunk(): Promise<void> {
    const bytes = this.#chunk.subarray(0, this.#filled);
    await this.#host.add(this.#file, bytes);
    this.#filled = 0;
  }
}
