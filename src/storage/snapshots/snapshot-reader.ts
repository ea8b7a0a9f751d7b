/**
 * Reads a whole snapshot piece by piece. The file stays open, so one that is replaced meanwhile can be
 * read to its end. Its bytes were verified when the folder was opened; who needs to know that they
 * still are compares the checksum of all, as the receiver of a transfer does.
 */

import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import type { DiskFile } from "../disk/disk.ts";
import type { StorageLife } from "../storage-life.ts";
import { SNAPSHOT_BYTES_OFFSET } from "./snapshot-file.ts";

export class SnapshotReader {
  readonly snapshot: StoredSnapshot;
  readonly #file: DiskFile;
  readonly #life: StorageLife;

  constructor(snapshot: StoredSnapshot, file: DiskFile, life: StorageLife) {
    this.snapshot = snapshot;
    this.#file = file;
    this.#life = life;
  }

  /** Bytes from `offset` on: `bytesMax` of them, and less at the end alone. Yours to keep. */
  read(offset: number, bytesMax: number): Promise<Uint8Array> {
    const length = Math.max(0, Math.min(bytesMax, this.snapshot.sizeBytes - offset));
    return this.#life.attempt("read a snapshot", async () => {
      const bytes = Buffer.alloc(length);
      await this.#file.read(bytes, SNAPSHOT_BYTES_OFFSET + offset);
      return bytes;
    });
  }

  /** Must be called once: until then the file of a snapshot that was replaced takes its room. */
  close(): Promise<void> {
    return this.#file.close();
  }
}
