/**
 * A real folder whose calls a test may count, hold up, or let fail.
 */

import type { Disk, DiskFile, OpenMode } from "../../../src/storage/disk/disk.ts";
import { FolderDisk } from "../../../src/storage/disk/folder-disk.ts";

/** Called before a call on a file; what it throws is what the call throws. */
type Hook = (name: string) => void | Promise<void>;

export class ObservedDisk implements Disk {
  readonly #disk: FolderDisk;
  onWrite: Hook = () => {};
  onSync: Hook = () => {};

  constructor(path: string) {
    this.#disk = new FolderDisk(path);
  }

  get path(): string {
    return this.#disk.path;
  }

  list(): Promise<string[]> {
    return this.#disk.list();
  }

  async open(name: string, mode: OpenMode): Promise<DiskFile> {
    const file = await this.#disk.open(name, mode);
    return {
      size: () => file.size(),
      read: (target, offset) => file.read(target, offset),
      write: async (bytes, offset) => {
        await this.onWrite(name);
        await file.write(bytes, offset);
      },
      truncate: (sizeBytes) => file.truncate(sizeBytes),
      sync: async () => {
        await this.onSync(name);
        await file.sync();
      },
      close: () => file.close(),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#disk.rename(from, to);
  }

  unlink(name: string): Promise<void> {
    return this.#disk.unlink(name);
  }

  syncFolder(): Promise<void> {
    return this.#disk.syncFolder();
  }
}

/** What a full disk throws. */
export function noSpace(): Error {
  return Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
}
