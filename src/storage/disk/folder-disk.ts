/**
 * A folder of this machine as a `Disk`. Calls go through libuv's threads, so a slow fsync holds up
 * nobody but those who wait for it; all but short writes, which end in the kernel's memory.
 */

import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { systemCodeOf } from "../../base/error.ts";
import { checkName, type Disk, type DiskFile, type OpenMode } from "./disk.ts";

/**
 * Up to here a write is made at once. One of 4 KB takes 1 µs of CPU time, and 28 µs where it is handed
 * to another thread and back; a busy log makes two for every batch.
 */
const SHORT_WRITE_BYTES_MAX = 64 * 1024;

const FLAGS: Readonly<Record<OpenMode, string>> = { read: "r", write: "r+", create: "wx+" };

/** See the head of this file. Nothing here keeps two processes apart; `lockFolder` does. */
export class FolderDisk implements Disk {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  /** Makes the folder and those above it, durably, where they are missing. */
  static async make(path: string, mode?: number): Promise<FolderDisk> {
    const disk = new FolderDisk(path);
    const made = await fs.promises.mkdir(disk.path, { recursive: true, mode });
    if (made !== undefined) {
      for (let folder = disk.path; folder !== dirname(made); ) {
        folder = dirname(folder);
        await syncFolder(folder);
      }
    }
    return disk;
  }

  list(): Promise<string[]> {
    return fs.promises.readdir(this.path);
  }

  async open(name: string, mode: OpenMode): Promise<DiskFile> {
    const path = this.#path(name);
    return new FolderFile(await result<number>((done) => fs.open(path, FLAGS[mode], 0o640, done)));
  }

  rename(from: string, to: string): Promise<void> {
    return fs.promises.rename(this.#path(from), this.#path(to));
  }

  unlink(name: string): Promise<void> {
    return fs.promises.unlink(this.#path(name));
  }

  syncFolder(): Promise<void> {
    return syncFolder(this.path);
  }

  #path(name: string): string {
    checkName(name);
    return join(this.path, name);
  }
}

/** Plain descriptors: on the path of every append, a `FileHandle` costs a few microseconds more. */
class FolderFile implements DiskFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    return (await result<fs.Stats>((done) => fs.fstat(this.#descriptor, done))).size;
  }

  async read(target: Uint8Array, offset: number): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      const count = await result<number>((done) =>
        fs.read(this.#descriptor, target, filled, target.length - filled, offset + filled, done),
      );
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  async write(bytes: Uint8Array, offset: number): Promise<void> {
    // A disk that gets full takes a part first, and refuses only the rest.
    for (let written = 0; written < bytes.length; ) {
      const rest = bytes.length - written;
      if (rest <= SHORT_WRITE_BYTES_MAX) {
        written += fs.writeSync(this.#descriptor, bytes, written, rest, offset + written);
        continue;
      }
      written += await result<number>((done) =>
        fs.write(this.#descriptor, bytes, written, rest, offset + written, done),
      );
    }
  }

  truncate(sizeBytes: number): Promise<void> {
    return result<void>((done) => fs.ftruncate(this.#descriptor, sizeBytes, done));
  }

  /** `fdatasync` leaves out the times alone; a size that readers need is written. */
  sync(): Promise<void> {
    return result<void>((done) => fs.fdatasync(this.#descriptor, done));
  }

  close(): Promise<void> {
    return result<void>((done) => fs.close(this.#descriptor, done));
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await fs.promises.open(path, "r");
  try {
    await folder.sync();
  } catch (error) {
    // Windows knows no fsync of a folder, and keeps names in a journal of its own.
    if (systemCodeOf(error) !== "EPERM") throw error;
  } finally {
    await folder.close();
  }
}

type Done<T> = (error: NodeJS.ErrnoException | null, value?: T) => void;

function result<T>(call: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error !== null && error !== undefined) reject(error);
      else resolve(value as T);
    });
  });
}
