/**
 * A disk as the core is promised one: a batch is durable as a whole when `write` has returned, and
 * what was not written is gone after a crash. It checks that batches can be written as they say.
 */

import { logIndex } from "../../../src/base/ids.ts";
import type { HardState, LogEntry, Membership } from "../../../src/raft/log-entry.ts";
import { decodeMembership } from "../../../src/raft/membership.ts";
import { emptyDisk, type RestoredState } from "../../../src/raft/options.ts";
import type { Persist } from "../../../src/raft/ready.ts";
import { isSameSnapshot, type StoredSnapshot } from "../../../src/raft/stored-snapshot.ts";
import { checksumOf, type SnapshotFile } from "./list-machine.ts";

export class VirtualDisk {
  hardState: HardState;
  base: RestoredState["snapshot"];
  /** Entries after `base`. */
  entries: LogEntry[] = [];
  /** The snapshot that `base` stands for, once there is one. */
  current: SnapshotFile | undefined;
  /** All whole snapshots that members may be sent. */
  files: SnapshotFile[] = [];
  incoming: { snapshot: StoredSnapshot; bytes: Uint8Array } | undefined;
  /** The log was lost, and the member has not recovered. */
  isMarkedLost = false;

  constructor(membership: Membership) {
    const { hardState, snapshot } = emptyDisk(membership);
    this.hardState = hardState;
    this.base = snapshot;
  }

  get lastIndex(): number {
    return this.base.index + this.entries.length;
  }

  /** The members that its log names last. */
  get membership(): Membership {
    const entry = this.entries.findLast(({ kind }) => kind === "membership");
    return entry === undefined ? this.base.membership : decodeMembership(entry.data)!;
  }

  restored(): RestoredState {
    // What came in whole, just before a crash, has not been verified.
    if (this.incoming?.bytes.length === this.incoming?.snapshot.sizeBytes) {
      if (!this.isIncomingSound()) this.incoming = undefined;
    }
    const { incoming } = this;
    return {
      hardState: this.hardState,
      snapshot: this.base,
      entries: this.entries,
      ...(incoming !== undefined && {
        incoming: { snapshot: incoming.snapshot, receivedBytes: incoming.bytes.length },
      }),
    };
  }

  /** Everything is gone, or has never been, and the member knows it; and whom the group began with. */
  lose(membership: Membership = { voters: [], learners: [] }): void {
    const { hardState, base } = new VirtualDisk(membership);
    Object.assign(this, { hardState, base, entries: [], files: [] });
    this.current = undefined;
    this.incoming = undefined;
    this.isMarkedLost = true;
  }

  write(persist: Persist): void {
    if (persist.hardState !== undefined) this.#writeHardState(persist.hardState);
    for (const { snapshot, offset, data } of persist.chunks)
      this.#writeChunk(snapshot, offset, data);
    if (persist.snapshot !== undefined) this.#install(persist.snapshot);
    if (persist.truncateFrom !== undefined) this.#truncateFrom(persist.truncateFrom);
    for (const entry of persist.entries) {
      expect(entry.index === this.lastIndex + 1, `entry ${entry.index} after ${this.lastIndex}`);
      this.entries.push(entry);
    }
    expect(this.hardState.commitIndex <= this.lastIndex, "the commit index is within the log");
    if (persist.recovered) this.isMarkedLost = false;
  }

  /** A snapshot of the member's own. */
  save(file: SnapshotFile): void {
    this.current = file;
    this.files.push(file);
  }

  /** Drops the entries that the current snapshot stands for. */
  compact(): void {
    const { meta } = this.current!.stored;
    this.entries = this.entries.filter(({ index }) => index > meta.index);
    this.base = meta;
  }

  keepOnly(indices: readonly number[]): void {
    this.files = this.files.filter(({ stored }) => indices.includes(stored.meta.index));
  }

  /** The bytes of a snapshot, if it is still there. */
  read(snapshot: StoredSnapshot, offset: number, byteCount: number): Uint8Array | undefined {
    const file = this.files.find(({ stored }) => isSameSnapshot(stored, snapshot));
    return file?.bytes.slice(offset, offset + byteCount);
  }

  /** Whether the snapshot that came in is what it should be. */
  isIncomingSound(): boolean {
    const { incoming } = this;
    return incoming !== undefined && checksumOf(incoming.bytes) === incoming.snapshot.checksum;
  }

  #writeHardState(hardState: HardState): void {
    expect(hardState.term >= this.hardState.term, "terms on a disk never fall");
    expect(hardState.commitIndex >= this.hardState.commitIndex, "commit indices never fall");
    this.hardState = hardState;
  }

  #writeChunk(snapshot: StoredSnapshot, offset: number, data: Uint8Array): void {
    if (this.incoming === undefined || offset === 0) {
      this.incoming = { snapshot, bytes: new Uint8Array(0) };
    }
    const { bytes } = this.incoming;
    expect(isSameSnapshot(this.incoming.snapshot, snapshot), "chunks are of one snapshot");
    expect(offset === bytes.length, `a chunk at ${offset} follows ${bytes.length} bytes`);
    this.incoming.bytes = new Uint8Array([...bytes, ...data]);
  }

  #install(snapshot: StoredSnapshot): void {
    expect(this.isIncomingSound(), "an installed snapshot is whole");
    this.current = { stored: snapshot, bytes: this.incoming!.bytes };
    this.files.push(this.current);
    this.incoming = undefined;
    this.base = snapshot.meta;
    this.entries = [];
  }

  #truncateFrom(index: number): void {
    expect(index > this.base.index && index <= this.lastIndex, `there is an entry ${index}`);
    this.entries.length = logIndex(index - this.base.index - 1);
  }
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`The disk was promised that ${what}.`);
}
