/**
 * Writes a snapshot of this member's own, under a name that says it is not whole: `commit` publishes
 * it, `discard` leaves nothing.
 */

import { assert } from "../../base/assert.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { StorageLife } from "../storage-life.ts";
import type { SnapshotFile } from "./snapshot-file.ts";

/** One of `commit` and `discard` must be called; calls must not overlap. */
export class SnapshotWriter {
  readonly #file: SnapshotFile;
  readonly #life: StorageLife;
  readonly #publish: () => Promise<StoredSnapshot>;
  readonly #onEnd: () => void;
  #isDone = false;

  constructor(
    file: SnapshotFile,
    life: StorageLife,
    hooks: { readonly publish: () => Promise<StoredSnapshot>; readonly onEnd: () => void },
  ) {
    this.#file = file;
    this.#life = life;
    this.#publish = hooks.publish;
    this.#onEnd = hooks.onEnd;
  }

  /**
   * Adds bytes of the state: large pieces cost less than small ones. After a call that found no room,
   * only `discard` is left.
   *
   * @throws SheafError `NO_SPACE`, `DATA_FAILED`.
   */
  write(bytes: Uint8Array): Promise<void> {
    assert(!this.#isDone, "a snapshot is written before it is committed or discarded");
    return this.#life.attemptApart("write a snapshot", () => this.#file.add(bytes));
  }

  /**
   * Publishes the snapshot: it is whole and durable, and the log may be compacted up to it. Resolves
   * to the youngest there is: another member's, where a younger one was installed meanwhile.
   */
  async commit(): Promise<StoredSnapshot> {
    assert(!this.#isDone, "a snapshot is committed or discarded once");
    const newest = await this.#life.attemptApart("publish a snapshot", this.#publish);
    this.#isDone = true;
    this.#onEnd();
    return newest;
  }

  /** Removes what was written. After `commit` it does nothing. */
  async discard(): Promise<void> {
    if (this.#isDone) return;
    this.#isDone = true;
    await this.#life.attempt("remove a snapshot", () => this.#file.remove());
    this.#onEnd();
  }
}
