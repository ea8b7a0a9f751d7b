/**
 * Opens the files of a split one after the other. Those of another machine that come next are opened
 * ahead of their turn, as many as a bound of memory allows: thousands of small objects would cost
 * their slot a round trip each.
 */

import { READ_AHEAD_BYTES, READ_AHEAD_OBJECTS_MAX, READ_PIECE_BYTES } from "../../base/limits.ts";
import type { ByteSource, Reading } from "./byte-source.ts";
import { isRemote, type Segment, type Split } from "./input.ts";

/** How far a read goes past the end of its segment, for the rest of the last record. */
export const OVERRUN_BYTES = 16 * 1024;

/** See the head of this file. */
export class SourceQueue {
  readonly #segments: readonly Segment[];
  readonly #open: Reading["open"];
  /** By index in the split: sources that were opened ahead, all at the start of their files. */
  readonly #ahead = new Map<number, ByteSource>();

  constructor(split: Split, { open }: Reading) {
    this.#segments = split.segments;
    this.#open = open;
  }

  /** Opens the file of a segment, to read from `offset` on. */
  open(index: number, offset: number): ByteSource {
    const { file, end } = this.#segments[index]!;
    const ahead = this.#ahead.get(index);
    this.#ahead.delete(index);
    if (ahead !== undefined && offset !== 0) ahead.close();
    const source =
      ahead !== undefined && offset === 0
        ? ahead
        : this.#open(file, offset, Math.min(end + OVERRUN_BYTES, file.sizeBytes));
    this.#openAhead(index + 1);
    return source;
  }

  close(): void {
    for (const source of this.#ahead.values()) source.close();
    this.#ahead.clear();
  }

  #openAhead(next: number): void {
    let bytes = 0;
    const last = Math.min(next + READ_AHEAD_OBJECTS_MAX, this.#segments.length);
    for (let index = next; index < last; index++) {
      const { file, start, end } = this.#segments[index]!;
      bytes += Math.min(end - start, READ_PIECE_BYTES);
      if (!isRemote(file) || start > 0 || bytes > READ_AHEAD_BYTES) return;
      if (this.#ahead.has(index)) continue;
      const source = this.#open(file, 0, Math.min(end + OVERRUN_BYTES, file.sizeBytes));
      source.prefetch?.();
      this.#ahead.set(index, source);
    }
  }
}
