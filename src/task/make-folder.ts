/** Makes a folder with its parents, or says in words why that cannot be. */

import { mkdirSync } from "node:fs";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";

/** See the head of this file. Throws `NO_SPACE` or `OUTPUT_FAILED`. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const code = systemCodeOf(error) === "ENOSPC" ? "NO_SPACE" : "OUTPUT_FAILED";
    throw new SheafError(code, `Cannot make the folder ${path}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
