/**
 * Makes the log out of the records of the segments, and tells a torn tail from a loss.
 *
 * The question. A crash in the middle of a write leaves bytes that are no records at the end of the
 * log. So does a disk that loses a sector there. The first must be cut off, because nobody was told
 * of those entries; the second must never be, because somebody was, and may have counted on them
 * ("Protocol-Aware Recovery", FAST'18, 2.3 and 3.3.3).
 *
 * The answer is the *frontier*: an offset before which everything was durable for certain. A batch is
 * written after the fsync of the batch before has returned, and every record says where the file was
 * durable when it was made. So the frontier is the highest of
 *
 * - what any sound record of the file says, wherever it lies, also behind the damage;
 * - the mark (state-file.ts), which alone knows of the last batch;
 * - the end that the header of the next segment gives, which is made after all of this one is durable.
 *
 * Damage before the frontier is a loss. Behind it is at most one batch, of which no part was
 * acknowledged while the frontier was there; a crash may leave any of its sectors. Its sound
 * beginning is kept, because it may have been acknowledged after all: by a process that lost power
 * before its mark was on the disk. The rest is cut off.
 *
 * What this cannot tell: a last batch that was acknowledged, whose mark was not durable yet when the
 * power failed, and which was damaged as well.
 *
 * What is lost is not always needed. Behind damage, the log begins again with the next record, which
 * says its index; if a snapshot reaches up to there, nothing is missing (judge.ts).
 */

import { logIndex, term } from "../../base/ids.ts";
import type { LogEntry } from "../../raft/log-entry.ts";
import { segmentName } from "../file-names.ts";
import type { Mark } from "../state-file.ts";
import type { Fault } from "../verdict.ts";
import type { LogBase } from "./segment-header.ts";
import type { Found, SegmentScan } from "./segment-scan.ts";

/** The end of the last segment. */
export interface LogTail {
  readonly segment: number;
  /** Everything before is durable for certain. */
  readonly frontier: number;
  /** After the last record that counts; what follows is to be cut off. */
  readonly end: number;
  readonly tornBytes: number;
}

export class LogReplay {
  readonly faults: Fault[] = [];
  base: LogBase = { index: 0, term: 0 };
  entries: LogEntry[] = [];
  /** Something is lost, and no record has said yet with which entry the log goes on. */
  isLost = false;
  tail: LogTail | undefined;
  #file = "";

  /** Replays segments, in their order, that begin where the log does. */
  constructor(segments: readonly SegmentScan[], mark: Mark | undefined) {
    for (const [i, segment] of segments.entries()) {
      this.#file = segmentName(segment.sequence);
      this.#begin(segment, segments[i - 1]);
      const marked = mark?.segment === segment.sequence ? mark.offset : 0;
      const next = segments[i + 1];
      const previous = next?.header?.previous;
      const told = previous?.sequence === segment.sequence ? previous.endOffset : 0;
      const frontier = Math.max(segment.durableTo, marked, told);
      const end = this.#replay(segment.found, frontier);
      if (next === undefined) this.tail = tailOf(segment, frontier, end);
    }
  }

  get lastIndex(): number {
    return this.base.index + this.entries.length;
  }

  /** The term of an entry, or of the base where that is known. */
  termAt(index: number): number | undefined {
    if (index === this.base.index) return this.base.term;
    return this.entries[index - this.base.index - 1]?.term;
  }

  #begin({ header }: SegmentScan, before: SegmentScan | undefined): void {
    if (header === undefined) {
      this.#lose("has no readable header");
      return;
    }
    const { base } = header;
    if (before !== undefined && !this.isLost && this.lastIndex !== base.index) {
      this.#lose("does not begin where the segment before it ends");
    }
    if (before === undefined || this.isLost) this.#restart(base);
  }

  /** Replays what was found, up to a torn tail; says where what counts of it ends. */
  #replay(found: readonly Found[], frontier: number): number {
    let end = 0;
    for (const { offset, end: itsEnd, record } of found) {
      if (record !== undefined) {
        this.#apply(record);
        end = itsEnd;
      } else if (offset < frontier) {
        this.#lose(`is damaged from byte ${offset} to ${itsEnd}`);
      } else break;
    }
    // Zeros in place of what was durable are no damage to a scan, which takes them for room.
    if (end < frontier && !this.isLost) this.#lose(`has lost bytes ${end} to ${frontier}`);
    return end;
  }

  #apply({ header, payload }: NonNullable<Found["record"]>): void {
    const { kind, index } = header;
    switch (kind) {
      case "segment":
        return;
      case "truncate":
        this.#truncate(index);
        return;
      case "command":
      case "membership":
      case "no-op":
        this.#append({ index: logIndex(index), term: term(header.term), kind, data: payload });
        return;
      case "page":
        this.#lose("holds a record that no log does");
    }
  }

  #append(entry: LogEntry): void {
    const { index } = entry;
    if (!this.isLost && index !== this.lastIndex + 1) {
      this.#lose(`goes on with entry ${index} after entry ${this.lastIndex}`);
    }
    if (this.isLost) this.#restart({ index: index - 1, term: undefined });
    this.entries.push(entry);
  }

  #truncate(from: number): void {
    if (this.isLost || from <= this.base.index) this.#restart({ index: from - 1, term: undefined });
    else this.entries.length = Math.min(this.entries.length, from - this.base.index - 1);
  }

  #restart(base: LogBase): void {
    this.base = base;
    this.entries = [];
    this.isLost = false;
  }

  #lose(what: string): void {
    if (!this.isLost) this.faults.push({ file: this.#file, what });
    this.isLost = true;
  }
}

function tailOf({ sequence, found }: SegmentScan, frontier: number, end: number): LogTail {
  const tornBytes = Math.max(0, (found.at(-1)?.end ?? 0) - Math.max(end, frontier));
  return { segment: sequence, frontier, end, tornBytes };
}
