/** Removes what only takes room: that it cannot be removed is no reason to fail a job. */

import { rmSync } from "node:fs";

/** Removes a file, or a folder and all in it, as far as that goes. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  } catch {
    // Left behind for the next run's sweep.
  }
}
