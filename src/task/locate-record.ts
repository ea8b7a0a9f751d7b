/**
 * Finds a record by its ordinal, for the message about one that took its thread along: the split is
 * read again up to it, without running any of the user's code.
 */

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordOrigin } from "../job/failure.ts";
import type { InputFormat, Split } from "../job/input/input.ts";
import { openReader } from "./open-reader.ts";
import { originOf } from "./record-failure.ts";
import { removeQuietly } from "./remove-quietly.ts";
import { bringRun } from "./run-handover.ts";

/** The origin of the record, or `undefined` if it cannot be read again. */
export async function locateRecord(
  format: InputFormat<unknown, unknown>,
  split: Split,
  ordinal: number,
): Promise<RecordOrigin | undefined> {
  const scratch = mkdtempSync(join(tmpdir(), "sheaf-record-"));
  const place = { directory: scratch, fileName: "split" };
  const reader = openReader(format, split, (run) => bringRun(run, place, () => undefined));
  try {
    let seen = -1;
    while (await reader.fill()) {
      for (;;) {
        try {
          if (!reader.next()) break;
        } catch {
          // A record that cannot be decoded counts as one; the reader goes on behind it.
        }
        if (++seen === ordinal) return originOf(reader, split, ordinal);
      }
    }
  } catch {
    // The file is gone or unreadable by now; the failure is told without its record.
  } finally {
    reader.close();
    removeQuietly(scratch);
  }
  return undefined;
}
