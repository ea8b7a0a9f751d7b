/**
 * What can go wrong with a run file, in words: the disk refuses it, or it does not hold what was
 * written.
 */

import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";

/** For a failed call of the operating system while writing `path`. */
export function runWriteError(path: string, thrown: unknown): SheafError {
  const code = systemCodeOf(thrown);
  const data = { path, systemCode: code };
  if (code === "ENOSPC" || code === "EDQUOT") {
    const reason =
      code === "ENOSPC" ? "no space is left on the device" : "the disk quota is used up";
    return new SheafError(
      "NO_SPACE",
      `Cannot write ${path}: ${reason}. Free some space, or have it work on a larger disk with --work-dir.`,
      { data, cause: thrown },
    );
  }
  return new SheafError(
    "OUTPUT_FAILED",
    `Cannot write ${path}: ${messageOf(thrown)}. Check the folder and its permissions.`,
    { data, cause: thrown },
  );
}

/** For bytes at `offset` of `path` that are not those of the region that should be there. */
export function regionCorrupt(
  path: string,
  region: { readonly offset: number; readonly lengthBytes: number },
  offset: number,
  reason: string,
  cause?: unknown,
): SheafError {
  const end = region.offset + region.lengthBytes;
  return new SheafError(
    "REGION_CORRUPT",
    `Cannot read bytes ${region.offset} to ${end} of ${path}: ${reason} at byte ${offset}. ` +
      "Its task must run again; if this happens twice, suspect the disk.",
    {
      data: { path, regionOffset: region.offset, lengthBytes: region.lengthBytes, offset },
      cause,
    },
  );
}
