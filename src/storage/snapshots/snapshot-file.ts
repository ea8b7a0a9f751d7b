/**
 * The file of a snapshot: a page that says what it is, and its bytes behind that.
 *
 * One of this member's own is written without the page, which comes last. One that is received has it
 * from the start, and it says after each fsync how much is there: so a transfer goes on after a crash
 * with what is certain. Either becomes whole by a rename, when all of it is durable.
 *
 * Bytes go to the disk in small fsyncs, because one long one at the end would hold up those of the
 * log.
 */

import { crc32 } from "node:zlib";
import type { SnapshotMeta } from "../../raft/log-entry.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { createAnew, type Disk, type DiskFile } from "../disk/disk.ts";
import { NEW_SUFFIX, snapshotName } from "../file-names.ts";
import { PAGE_BYTES, SNAPSHOT_DIRTY_BYTES_MAX } from "../limits.ts";
import { writePage } from "../record/page.ts";
import { placeOf } from "../record/record.ts";

/** Where the bytes begin. */
export const SNAPSHOT_BYTES_OFFSET = PAGE_BYTES;

/** How much of a snapshot is there, from its beginning on. */
export interface Received {
  readonly sizeBytes: number;
  readonly checksum: number;
}

/** What the page says. */
export interface SnapshotHead {
  readonly snapshot: StoredSnapshot;
  readonly received: Received;
}

/** The name that the checksum of a snapshot's page begins with, whatever it is called meanwhile. */
export function snapshotPlace(
  meta: { readonly index: number; readonly term: number },
  tag: number,
) {
  return placeOf(snapshotName("snapshot", meta), tag);
}

/** See the head of this file. */
export class SnapshotFile {
  readonly meta: SnapshotMeta;
  readonly #disk: Disk;
  readonly #file: DiskFile;
  readonly #name: string;
  readonly #place: number;
  #received: Received;
  #durableBytes: number;
  #isClosed = false;

  private constructor(
    disk: Disk,
    file: DiskFile,
    { name, place, meta }: { name: string; place: number; meta: SnapshotMeta },
    received: Received,
  ) {
    this.#disk = disk;
    this.#file = file;
    this.#name = name;
    this.#place = place;
    this.meta = meta;
    this.#received = received;
    this.#durableBytes = received.sizeBytes;
  }

  /** Begins a snapshot of this member's own. */
  static async create(disk: Disk, tag: number, meta: SnapshotMeta): Promise<SnapshotFile> {
    const name = snapshotName("snapshot", meta) + NEW_SUFFIX;
    const about = { name, place: snapshotPlace(meta, tag), meta };
    const file = await createAnew(disk, name);
    return new SnapshotFile(disk, file, about, { sizeBytes: 0, checksum: 0 });
  }

  /** Begins to receive a snapshot, or goes on with what is there of it. */
  static async receive(
    disk: Disk,
    tag: number,
    { meta }: StoredSnapshot,
    received?: Received,
  ): Promise<SnapshotFile> {
    const name = snapshotName("incoming", meta);
    const about = { name, place: snapshotPlace(meta, tag), meta };
    const file = await (received ? disk.open(name, "write") : createAnew(disk, name));
    return new SnapshotFile(disk, file, about, received ?? { sizeBytes: 0, checksum: 0 });
  }

  get received(): Received {
    return this.#received;
  }

  /** The snapshot that the bytes so far make. */
  get stored(): StoredSnapshot {
    return { meta: this.meta, ...this.#received };
  }

  /** Adds the next bytes. */
  async add(bytes: Uint8Array): Promise<void> {
    const { sizeBytes, checksum } = this.#received;
    await this.#file.write(bytes, SNAPSHOT_BYTES_OFFSET + sizeBytes);
    this.#received = {
      sizeBytes: sizeBytes + bytes.length,
      checksum: crc32(bytes, checksum),
    };
    if (this.#received.sizeBytes - this.#durableBytes > SNAPSHOT_DIRTY_BYTES_MAX) {
      await this.#sync();
    }
  }

  /** Makes the bytes so far durable, and notes in the page how many they are. */
  async note(snapshot: StoredSnapshot): Promise<void> {
    await this.#sync();
    await writePage(this.#file, this.#place, 0, { snapshot, received: this.#received });
  }

  /** Makes it whole: durable, with its final name. */
  async publish(): Promise<void> {
    await this.note(this.stored);
    await this.#sync();
    await this.close();
    await this.#disk.rename(this.#name, snapshotName("snapshot", this.meta));
    await this.#disk.syncFolder();
  }

  async remove(): Promise<void> {
    await this.close();
    await this.#disk.unlink(this.#name);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }

  async #sync(): Promise<void> {
    await this.#file.sync();
    this.#durableBytes = this.#received.sizeBytes;
  }
}
