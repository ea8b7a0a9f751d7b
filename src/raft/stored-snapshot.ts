/**
 * A snapshot as members speak of it: what it stands for, and the bytes that hold it. The core never
 * sees the bytes of its own snapshots; it decides who needs which of them, and the shell reads and
 * writes them.
 */

import type { SnapshotMeta } from "./log-entry.ts";

/** A snapshot that is whole and durable somewhere. */
export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly sizeBytes: number;
  /**
   * Of all its bytes, as the shell that wrote it computed it. Two members may write the same state
   * as different bytes: a transfer that one leader began and the next continues is only resumed if
   * index, term, size and checksum say that the bytes are the same.
   */
  readonly checksum: number;
}

/** Whether two names stand for the same bytes. */
export function isSameSnapshot(a: StoredSnapshot, b: StoredSnapshot): boolean {
  return (
    a.meta.index === b.meta.index &&
    a.meta.term === b.meta.term &&
    a.sizeBytes === b.sizeBytes &&
    a.checksum === b.checksum
  );
}
