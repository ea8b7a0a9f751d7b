/**
 * What can go wrong with a data folder, in words. All of it ends the use of the storage, because
 * nobody knows any more what is durable; a full disk has a code of its own.
 */

import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";

/** Whether a call failed for want of room. */
export function isNoSpace(thrown: unknown): boolean {
  const code = thrown instanceof SheafError ? thrown.code : systemCodeOf(thrown);
  return code === "ENOSPC" || code === "EDQUOT" || code === "NO_SPACE";
}

/** For a failed call of the operating system. `action` goes on after "Cannot". */
export function diskError(folder: string, action: string, thrown: unknown): SheafError {
  const systemCode = systemCodeOf(thrown);
  const options = { data: { path: folder, systemCode }, cause: thrown };
  if (isNoSpace(thrown)) {
    const why = systemCode === "EDQUOT" ? "your disk quota is used up" : "its disk is full";
    return new SheafError(
      "NO_SPACE",
      `Cannot ${action} in ${folder}: ${why}. Nothing that was acknowledged is lost. ` +
        "Free some space, and start this process again.",
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

/** For a call after `close()`. */
export function closedError(folder: string): SheafError {
  return new SheafError(
    "DATA_FAILED",
    `Cannot use the data in ${folder}: it is closed. Open the folder again.`,
    { data: { path: folder } },
  );
}
