/**
 * What can go wrong with a data folder, in words. A full disk passes, and has a code of its own;
 * whatever else a disk refuses ends the use of the storage, because nobody knows any more what is
 * durable.
 */

import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";

/** Whether a call failed for want of room, so that it may work later. */
export function isNoSpace(thrown: unknown): boolean {
  const code = thrown instanceof SheafError ? thrown.code : systemCodeOf(thrown);
  return code === "ENOSPC" || code === "EDQUOT" || code === "NO_SPACE";
}

/** For a failed call of the operating system. `action` goes on after "Cannot". */
export function diskError(folder: string, action: string, thrown: unknown): SheafError {
  if (thrown instanceof SheafError) return thrown;
  const options = { data: { path: folder, systemCode: systemCodeOf(thrown) }, cause: thrown };
  if (isNoSpace(thrown)) {
    const why =
      systemCodeOf(thrown) === "EDQUOT" ? "your disk quota is used up" : "its disk is full";
    return new SheafError(
      "NO_SPACE",
      `Cannot ${action} in ${folder}: ${why}. Nothing that was acknowledged is lost. ` +
        "Free some space, and try again.",
      options,
    );
  }
  return new SheafError(
    "DATA_FAILED",
    `Cannot ${action} in ${folder}: ${messageOf(thrown)}. What is on the disk is not known any ` +
      "more, so this process must end. Check the disk, and start it again.",
    options,
  );
}

/** For bytes that were whole when the folder was opened, and are not now. */
export function readDamage(folder: string, file: string, offset: number): SheafError {
  return new SheafError(
    "DATA_CORRUPT",
    `Cannot read ${file} in ${folder}: the bytes at ${offset} do not match their checksum. ` +
      'Stop the process, and see what the folder still holds with "sheaf doctor".',
    { data: { path: folder, file, offset } },
  );
}

/** For a call after `close()`, or after the disk has failed. */
export function closedError(folder: string): SheafError {
  return new SheafError(
    "DATA_FAILED",
    `Cannot use the data in ${folder}: it is closed. Open the folder again.`,
    { data: { path: folder } },
  );
}
