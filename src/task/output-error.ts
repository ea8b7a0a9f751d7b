/**
 * What the operating system's refusals mean to the person who waits for the output: a full disk,
 * and everything else.
 */

import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";

/** The error for a failed write below the output folder. An error of ours passes as it is. */
export function outputError(action: string, path: string, thrown: unknown): SheafError {
  if (thrown instanceof SheafError) return thrown;
  const options = { data: { path, system: systemCodeOf(thrown) }, cause: thrown };
  switch (systemCodeOf(thrown)) {
    case "ENOSPC":
      return new SheafError(
        "NO_SPACE",
        `Cannot ${action} ${path}: no space is left on its disk. ` +
          "Free some, or choose an output folder on another disk, and run the job again.",
        options,
      );
    case "EDQUOT":
      return new SheafError(
        "NO_SPACE",
        `Cannot ${action} ${path}: your disk quota is used up. ` +
          "Free some space, or choose an output folder elsewhere, and run the job again.",
        options,
      );
    default:
      return new SheafError(
        "OUTPUT_FAILED",
        `Cannot ${action} ${path}: ${messageOf(thrown)}. ` +
          "Check the folder and its permissions, or choose another output folder.",
        options,
      );
  }
}
