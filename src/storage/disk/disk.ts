/**
 * The disk as the storage sees it: one flat folder, and every effect on it. `FolderDisk` is a real
 * one; tests and the simulator bring their own, with faults of their choice.
 *
 * What a disk promises, and no more: bytes are durable after `sync()` of their file, names after
 * `syncFolder()`. Before that a crash may keep any part of either, in sectors. A call that fails
 * rejects with the operating system's error, whose `code` says which (`ENOSPC`, `EIO`, ...).
 */

import { assert } from "../../base/assert.ts";
import { NEW_SUFFIX } from "../file-names.ts";

/** How a file is opened: to be read alone, to be written too, or as one that must not be there yet. */
export type OpenMode = "read" | "write" | "create";

/** An open file. */
export interface DiskFile {
  size(): Promise<number>;
  /** Fills `target` from `offset` on; resolves to how much of it, less only at the file's end. */
  read(target: Uint8Array, offset: number): Promise<number>;
  /** Writes all the bytes; where it rejects, any part of them may be written. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** Makes everything that was written before durable. After a rejection nobody knows what is. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** See the head of this file. */
export interface Disk {
  /** Where it is, for messages. */
  readonly path: string;
  list(): Promise<readonly string[]>;
  open(name: string, mode: OpenMode): Promise<DiskFile>;
  /** Gives a file another name, in place of the file that has it. */
  rename(from: string, to: string): Promise<void>;
  unlink(name: string): Promise<void>;
  /** Makes every change of a name durable that was made before. */
  syncFolder(): Promise<void>;
}

const NAME = /^[a-z][a-z0-9.-]{0,99}$/;

/** What every disk asks of a name first: no path leaves the folder. */
export function checkName(name: string): void {
  assert(NAME.test(name) && !name.includes(".."), `"${name}" is the name of a file in its folder`);
}

/** Makes a file durable in one step: after a crash it is there as `write` made it, or as it was. */
export async function replaceFile(
  disk: Disk,
  name: string,
  write: (file: DiskFile) => Promise<void>,
): Promise<void> {
  const temporary = name + NEW_SUFFIX;
  const file = await createAnew(disk, temporary);
  try {
    await write(file);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, name);
  await disk.syncFolder();
}

/** Makes a file in the place of what a crash may have left. */
export async function createAnew(disk: Disk, name: string): Promise<DiskFile> {
  if ((await disk.list()).includes(name)) await disk.unlink(name);
  return disk.open(name, "create");
}

/** Removes files, from the first to the last, durably. */
export async function removeFiles(disk: Disk, names: readonly string[]): Promise<void> {
  for (const name of names) await disk.unlink(name);
  if (names.length > 0) await disk.syncFolder();
}
