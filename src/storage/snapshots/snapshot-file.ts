/**
 * The file of a snapshot that is not whole yet, be it this member's own or another's. It goes to the
 * disk in small fsyncs, because one long one at its end would hold up those of the log; `publish`
 * makes it whole in one step.
 */

import { crc32 } from "node:zlib";
import type { SnapshotMeta } from "../../raft/log-entry.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { Disk, DiskFile } from "../disk/disk.ts";
import { type SnapshotState, snapshotName } from "../file-names.ts";
import { type Identity, identityTag } from "../identity.ts";
import { SNAPSHOT_DIRTY_BYTES_MAX } from "../limits.ts";
import {
  PREAMBLE_BYTES,
  type SnapshotHeader,
  snapshotHeader,
  writeFileHeader,
} from "../record/file-header.ts";
import { RecordAppender } from "../record/record-appender.ts";
import { isNoSpace } from "../storage-error.ts";
import { type ChunkIndex, type SnapshotScan, snapshotPlace } from "./snapshot-scan.ts";

/** How far a file is. */
interface FileState {
  readonly chunkCount: number;
  readonly sizeBytes: number;
  readonly checksum: number;
}

const NOTHING: Pick<SnapshotScan, "chunks" | "soundBytes" | "checksum"> = {
  chunks: { starts: [], offsets: [] },
  soundBytes: 0,
  checksum: 0,
};

/** See the head of this file. */
export class SnapshotFile {
  readonly meta: SnapshotMeta;
  readonly name: string;
  readonly chunks: ChunkIndex;
  #sizeBytes: number;
  #checksum: number;
  readonly #place: number;
  #appender: RecordAppender;
  #durable: FileState;
  #isEnded = false;
  #isClosed = false;

  private constructor(
    name: string,
    meta: SnapshotMeta,
    { file, place, tail }: { file: DiskFile; place: number; tail: number },
    there = NOTHING,
  ) {
    this.name = name;
    this.meta = meta;
    this.#place = place;
    this.chunks = { starts: [...there.chunks.starts], offsets: [...there.chunks.offsets] };
    this.#appender = new RecordAppender(file, place, tail);
    this.#sizeBytes = there.soundBytes;
    this.#checksum = there.checksum;
    this.#durable = this.#state;
  }

  /** Makes the file and its header; its name is not durable yet. */
  static async create(
    disk: Disk,
    identity: Identity,
    state: Exclude<SnapshotState, "snapshot">,
    meta: SnapshotMeta,
    expected?: SnapshotHeader["expected"],
  ): Promise<SnapshotFile> {
    const name = snapshotName(state, meta);
    const file = await disk.open(name, "create");
    try {
      const place = snapshotPlace(meta, identityTag(identity));
      const appender = new RecordAppender(file, place, PREAMBLE_BYTES, 0);
      await writeFileHeader(file, appender, "snapshot", identity, snapshotHeader(meta, expected));
      await appender.sync();
      return new SnapshotFile(name, meta, { file, place, tail: appender.tail });
    } catch (error) {
      await file.close();
      if (isNoSpace(error)) await disk.unlink(name);
      throw error;
    }
  }

  /**
   * Goes on with a file that an earlier process had begun to receive; what is there of it must be
   * durable. Chunks that may lie behind that end do no harm: one that fits is of the same snapshot.
   */
  static async reopen(
    disk: Disk,
    identity: Identity,
    scan: SnapshotScan,
    meta: SnapshotMeta,
  ): Promise<SnapshotFile> {
    const file = await disk.open(scan.name, "write");
    const place = snapshotPlace(meta, identityTag(identity));
    return new SnapshotFile(scan.name, meta, { file, place, tail: scan.endOffset }, scan);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Of the bytes so far. */
  get checksum(): number {
    return this.#checksum;
  }

  get stored(): StoredSnapshot {
    return { meta: this.meta, sizeBytes: this.#sizeBytes, checksum: this.#checksum };
  }

  /** Adds the next bytes as one chunk. */
  async add(bytes: Uint8Array): Promise<void> {
    const appender = this.#appender;
    const content = { kind: "chunk", index: this.#sizeBytes, term: 0, payload: bytes } as const;
    this.chunks.starts.push(this.#sizeBytes);
    this.chunks.offsets.push(appender.add(content));
    this.#sizeBytes += bytes.length;
    this.#checksum = crc32(bytes, this.#checksum);
    if (appender.dirtyBytes > SNAPSHOT_DIRTY_BYTES_MAX) await this.sync();
    else await this.#orRollBack(() => appender.flush());
  }

  /** Makes all that was added durable. */
  async sync(): Promise<void> {
    await this.#orRollBack(() => this.#appender.sync());
    this.#durable = this.#state;
  }

  /** Ends the file, and gives it the name of a whole snapshot, durably. May be tried again. */
  async publish(disk: Disk): Promise<string> {
    if (!this.#isEnded) {
      const { sizeBytes, checksum } = this;
      const payload = Buffer.from(JSON.stringify({ sizeBytes, checksum }));
      this.#appender.add({ kind: "snapshot-end", index: sizeBytes, term: 0, payload });
      await this.sync();
      this.#isEnded = true;
    }
    await this.close();
    const name = snapshotName("snapshot", this.meta);
    await disk.rename(this.name, name);
    await disk.syncFolder();
    return name;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#appender.file.close();
  }

  get #state(): FileState {
    const { chunks, sizeBytes, checksum } = this;
    return { chunkCount: chunks.starts.length, sizeBytes, checksum };
  }

  /** Without room, the file stands as it was when it was last durable, and can be gone on with. */
  async #orRollBack(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      const { chunkCount, sizeBytes, checksum } = this.#durable;
      this.chunks.starts.length = chunkCount;
      this.chunks.offsets.length = chunkCount;
      this.#sizeBytes = sizeBytes;
      this.#checksum = checksum;
      this.#appender = new RecordAppender(
        this.#appender.file,
        this.#place,
        this.#appender.durableTo,
      );
      throw error;
    }
  }
}
