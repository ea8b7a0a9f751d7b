/**
 * Makes the live log out of the records of the segments, and tells a torn tail from a loss.
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
 * - the mark (mark-file.ts), which alone knows of the last batch;
 * - the end that the header of the next segment gives, which is made after all of this one is durable.
 *
 * Damage before the frontier is a loss. Behind it is at most one batch, of which no part was
 * acknowledged while the frontier was there; a crash may leave any of its sectors. Its sound
 * beginning is kept, because it may have been acknowledged after all: by a process that lost power
 * before its mark was on the disk. The rest is cut off.
 *
 * What this cannot tell: a last batch that was acknowledged, whose mark was not durable yet when the
 * power failed, and which was damaged as well. The mark is written at once and synced by the
 * operating system within half a minute, or by `settle()`.
 *
 * What is lost is not always needed. Where a payload alone is damaged, its header says which entry it
 * was, and if that was truncated later or a snapshot has it, nothing is missing. Other damage makes
 * the log unknown up to the next record: that one says its index, and if a snapshot reaches up to
 * there, nothing is missing either.
 */

import type { SegmentHeader } from "../record/file-header.ts";
import { type RecordHeader, recordBytes } from "../record/record.ts";
import type { DamagedBytes, ScanEnd } from "../record/record-scan.ts";
import { LiveLog } from "../segments/live-log.ts";
import { FaultList } from "./fault-list.ts";
import type { IndexRange } from "./verdict.ts";

/** Something in a segment that may lie behind its frontier. */
type Found =
  | { readonly offset: number; readonly record: RecordHeader }
  | { readonly offset: number; readonly damage: DamagedBytes };

/** What lay behind the frontier of the last segment. */
export interface ReplayedTail {
  /** The frontier. */
  readonly from: number;
  /** After the last sound record; what follows is cut off. */
  readonly to: number;
  /** Where that is not only zeros. */
  readonly tornBytes: number;
}

export class LogReplay {
  readonly live = new LiveLog({ index: 0, term: 0 });
  readonly faults = new FaultList();
  /** Entries of the live log whose data is lost. */
  readonly unreadable = new Set<number>();
  /** What was readable before the log became unknown, for those who look for what is left. */
  readonly earlierRanges: IndexRange[] = [];
  /** Whether the live log is unknown as it stands: what was behind it is lost. */
  isUnknown = false;
  #file = "";
  #segment = 0;
  #found: Found[] = [];
  #frontier = 0;

  /** The next segment, with its header where it is sound. `follows` is the segment before it. */
  startSegment(
    file: string,
    sequence: number,
    header: SegmentHeader | undefined,
    follows: number | undefined,
  ): void {
    this.#file = file;
    this.#segment = sequence;
    this.#found = [];
    this.#frontier = 0;
    if (header === undefined) {
      this.#loseTrack({ what: "has no readable header" });
    } else if (header.previous === undefined) {
      this.#restart(header.base);
      this.faults.clear();
      this.earlierRanges.length = 0;
    } else if (header.previous.sequence !== follows) {
      // Where it is the first, compaction may have removed those before; the snapshot will tell.
      if (follows !== undefined) this.#loseTrack({ what: "does not follow the segment before it" });
      this.#restart(header.base);
    } else if (this.isUnknown || this.live.lastIndex !== header.base.index) {
      if (!this.isUnknown) this.#loseTrack({ what: "does not begin where the one before ends" });
      this.#restart(header.base);
    }
  }

  record(record: RecordHeader, offset: number): void {
    this.#find({ offset, record });
    if (record.durableTo > this.#frontier) this.#advance(record.durableTo);
  }

  damage(damage: DamagedBytes): void {
    this.#find({ offset: damage.offset, damage });
    if (damage.header !== undefined && damage.header.durableTo > this.#frontier) {
      this.#advance(damage.header.durableTo);
    }
  }

  /** The end of a segment that has a successor, which says where it ends; nothing, if that is lost. */
  endSegment(end: ScanEnd, endOffset: number | undefined): void {
    const known = endOffset ?? this.#frontier;
    this.#advance(known);
    this.#checkReach(end, known);
    this.#found = [];
  }

  /** The end of the last segment. `marked` is what the mark says of it. */
  endLog(end: ScanEnd, marked: number): ReplayedTail {
    this.#advance(marked);
    const from = this.#frontier;
    this.#checkReach(end, from);
    let to = from;
    let tornBytes = 0;
    for (const found of this.#found) {
      if ("damage" in found) {
        tornBytes = end.sizeBytes - found.offset;
        break;
      }
      this.#apply(found.record, found.offset);
      to = found.offset + recordBytes(found.record.payloadBytes);
    }
    this.#found = [];
    return { from, to, tornBytes };
  }

  #find(found: Found): void {
    // A record that is known to be durable already goes no detour.
    if (found.offset >= this.#frontier) this.#found.push(found);
    else this.#take(found);
  }

  /** Everything before `frontier` is durable for certain. */
  #advance(frontier: number): void {
    if (frontier <= this.#frontier) return;
    this.#frontier = frontier;
    const isBehind = this.#found.findIndex(({ offset }) => offset >= frontier);
    const durable = this.#found.splice(0, isBehind < 0 ? this.#found.length : isBehind);
    for (const found of durable) this.#take(found);
  }

  #take(found: Found): void {
    if ("record" in found) {
      this.#apply(found.record, found.offset);
      return;
    }
    const { offset, end, header } = found.damage;
    if (header === undefined) {
      this.#loseTrack({ what: "is damaged", bytes: { offset, end } });
      return;
    }
    const { index, kind, term } = header;
    // That the file's own header cannot be read was noted where the segment began.
    if (kind === "file-header") return;
    const what = `has lost the data of entry ${index} of term ${term}`;
    this.faults.add({ file: this.#file, what, bytes: { offset, end } });
    this.#apply(header, offset);
    if (kind !== "truncate" && !this.isUnknown) this.unreadable.add(index);
  }

  #checkReach(end: ScanEnd, frontier: number): void {
    // Zeros in place of what was durable are no damage to a scan, which takes them for room.
    const isShort = end.sizeBytes < frontier || (end.isBlank && end.offset < frontier);
    if (!isShort) return;
    const bytes = { offset: end.offset, end: frontier };
    this.#loseTrack({ what: "has lost its end", bytes });
  }

  #apply({ kind, index, term }: RecordHeader, offset: number): void {
    switch (kind) {
      case "file-header":
        return;
      case "truncate":
        return this.#truncate(index, term);
      case "command":
      case "membership":
      case "no-op":
        return this.#append(index, term, offset);
      default:
        this.#loseTrack({ what: `holds a record of kind ${kind}, which no log does` });
    }
  }

  #append(index: number, term: number, offset: number): void {
    const { live } = this;
    if (!this.isUnknown && index !== live.lastIndex + 1) {
      this.#loseTrack({ what: `goes on with entry ${index} after entry ${live.lastIndex}` });
    }
    if (this.isUnknown) this.#restart({ index: index - 1, term: undefined });
    live.append(index, term, { segment: this.#segment, offset });
  }

  /** `baseTerm` is the term of the entry before. */
  #truncate(from: number, baseTerm: number): void {
    if (this.isUnknown || from <= this.live.base.index) {
      this.#restart({ index: from - 1, term: baseTerm });
      return;
    }
    this.live.truncate(from);
    for (const index of this.unreadable) if (index >= from) this.unreadable.delete(index);
  }

  #restart(base: { readonly index: number; readonly term: number | undefined }): void {
    this.#keepRange();
    this.live.restart(base);
    this.unreadable.clear();
    this.isUnknown = false;
  }

  #loseTrack(fault: { what: string; bytes?: { offset: number; end: number } }): void {
    this.faults.add({ file: this.#file, ...fault });
    this.isUnknown = true;
  }

  #keepRange(): void {
    const { firstIndex, lastIndex } = this.live;
    if (lastIndex >= firstIndex) this.earlierRanges.push({ first: firstIndex, last: lastIndex });
  }
}
