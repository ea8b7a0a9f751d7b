/**
 * Which pieces of the input a sample reads: evenly spread over it, by its files and sizes alone.
 */

import type { InputFile, Split } from "../job/input/input.ts";
import type { SampleWindow } from "../task/task-spec.ts";

const WINDOWS = 64;
const WINDOW_BYTES = 32 * 1024;
/** Records taken from all the runs of a step together. */
const STEP_RECORDS = 20_000;

/** Windows over files: short pieces where they can be cut, else the beginnings of some files. */
export function fileWindows(files: readonly InputFile[], splittable: boolean): SampleWindow[] {
  const filled = files.filter((file) => file.sizeBytes > 0);
  const totalBytes = filled.reduce((sum, file) => sum + file.sizeBytes, 0);
  const windows: SampleWindow[] = [];
  let fileStart = 0;
  let next = 0;
  for (const file of filled) {
    // The windows stand at equal distances in the input as one long file.
    for (; next < WINDOWS && (next * totalBytes) / WINDOWS < fileStart + file.sizeBytes; next++) {
      const cut = splittable && file.compression === "none";
      const startOf = (window: number) => Math.floor((window * totalBytes) / WINDOWS) - fileStart;
      const start = cut ? startOf(next) : 0;
      // In a small input they stand side by side: no record must count more than another.
      const endMax = Math.min(start + WINDOW_BYTES, startOf(next + 1), file.sizeBytes);
      const end = cut ? endMax : file.sizeBytes;
      if (end === start) continue;
      const segments = [{ file, start, end }];
      if (!cut && windows.at(-1)?.split.segments[0]?.file === file) continue;
      const split = { index: windows.length, segments, sizeBytes: end - start };
      windows.push({ split, stride: 1 });
    }
    fileStart += file.sizeBytes;
  }
  return windows;
}

/** Windows over the runs of a step: they are sorted, so all of each is read, at a stride. */
export function stepWindows(splits: readonly Split[], records: number): SampleWindow[] {
  const stride = Math.max(1, Math.floor(records / STEP_RECORDS));
  return splits.map((split) => ({ split, stride }));
}
