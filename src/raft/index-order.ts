/** Comparison of places in the log, without losing their type. */

import type { LogIndex } from "../base/ids.ts";

export function minIndex(a: LogIndex, b: LogIndex): LogIndex {
  return a < b ? a : b;
}

export function maxIndex(a: LogIndex, b: LogIndex): LogIndex {
  return a > b ? a : b;
}
