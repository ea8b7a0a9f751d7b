/**
 * Cuts the input into splits, one for each map task: large files in pieces, small files packed
 * together.
 *
 * What always holds: the segments of the splits, one after the other, are the whole input in order.
 * The order of a key's values rests on that, and with it that slots never change a result.
 */

import { assert } from "../../base/assert.ts";
import { SheafError } from "../../base/error.ts";
import { SPLIT_BYTES_DEFAULT, SPLITS_MAX } from "../../base/limits.ts";
import { grouped } from "../../base/numbers.ts";
import { exactSizeInWords } from "../../base/size.ts";
import type { InputFile, Segment, Split } from "./input.ts";

/** Splits for each slot to aim at unless told, so that slots end at about the same time. */
const SPLITS_PER_SLOT_DEFAULT = 4;
/** A split that is not asked for has at least this, or tasks would cost more than their work. */
const ADAPTED_SPLIT_BYTES_MIN = 1024 * 1024;
/** The last piece of a file may be this much larger, so that no split is a small rest. */
const TAIL_FACTOR = 1.1;
/** What opening a file weighs, in bytes read meanwhile; it bounds the files of a split, too. */
const OPENING_BYTES_MAX = 16 * 1024;

/** What a plan depends on besides the files. */
export interface PlanOptions {
  /** Whether the format can begin to read within a file. */
  readonly splittable: boolean;
  /** The size that was asked for; undefined for the usual one, or less to keep slots busy. */
  readonly splitBytes: number | undefined;
  /** The usual size; 64 MB unless given. */
  readonly usualBytes?: number;
  /** Of less than the usual size, this many for each slot; 4 unless given. */
  readonly splitsPerSlot?: number | undefined;
  readonly slots: number;
}

/**
 * Plans the splits of `files`, which are in input order. An empty file is left out where it cannot
 * hold a record; a format that takes files whole sees them all.
 *
 * @throws SheafError `USAGE` for more than a million splits.
 */
export function planSplits(files: readonly InputFile[], options: PlanOptions): Split[] {
  const splitBytes = options.splitBytes ?? adaptedSplitBytes(files, options);
  assert(Number.isSafeInteger(splitBytes) && splitBytes > 0, "a split has a size");
  const packer = new Packer(splitBytes);
  for (const file of files) {
    const isCut = options.splittable && file.compression === "none";
    if (!isCut) packer.add({ file, start: 0, end: file.sizeBytes });
    else if (file.sizeBytes > 0) cut(file, splitBytes, packer);
  }
  return packer.finish();
}

/**
 * The usual size; less if slots would idle, more if there would be too many splits. Slots that take turns
 * get as much each: of eight splits, the last of which was half as large, one of two slots had 268 of
 * 500 MB.
 */
function adaptedSplitBytes(files: readonly InputFile[], options: PlanOptions): number {
  const { slots, usualBytes = SPLIT_BYTES_DEFAULT } = options;
  const { splitsPerSlot = SPLITS_PER_SLOT_DEFAULT } = options;
  let totalBytes = 0;
  for (const file of files) totalBytes += file.sizeBytes;
  const fair = Math.ceil(totalBytes / (splitsPerSlot * slots));
  const few = Math.ceil((2 * totalBytes) / SPLITS_MAX);
  const most = Math.min(usualBytes, Math.max(ADAPTED_SPLIT_BYTES_MIN, fair));
  const turns = Math.max(1, Math.ceil(totalBytes / (most * slots)));
  const even = Math.max(ADAPTED_SPLIT_BYTES_MIN, Math.ceil(totalBytes / (turns * slots)));
  return Math.max(few, Math.min(most, even));
}

function cut(file: InputFile, splitBytes: number, packer: Packer): void {
  packer.checkRoom(Math.floor(file.sizeBytes / splitBytes / TAIL_FACTOR));
  let start = 0;
  while (file.sizeBytes - start > splitBytes * TAIL_FACTOR) {
    packer.flush();
    packer.add({ file, start, end: start + splitBytes });
    start += splitBytes;
  }
  if (start > 0) packer.flush();
  packer.add({ file, start, end: file.sizeBytes });
}

/** Puts segments into the current split while they fit, and into a new one when they do not. */
class Packer {
  readonly #splits: Split[] = [];
  readonly #splitBytes: number;
  readonly #openingBytes: number;
  #segments: Segment[] = [];
  #sizeBytes = 0;

  constructor(splitBytes: number) {
    this.#splitBytes = splitBytes;
    this.#openingBytes = Math.min(OPENING_BYTES_MAX, Math.floor(splitBytes / 1024));
  }

  add(segment: Segment): void {
    const bytes = segment.end - segment.start;
    const count = this.#segments.length + 1;
    const weight = this.#sizeBytes + bytes + count * this.#openingBytes;
    // The opening of one file is not held against it, or a split could not hold what it is cut to.
    if (weight - this.#openingBytes > this.#splitBytes) this.flush();
    this.#segments.push(segment);
    this.#sizeBytes += bytes;
  }

  /** Refuses so many more splits where that is too many. */
  checkRoom(more: number): void {
    if (this.#splits.length + more <= SPLITS_MAX) return;
    throw new SheafError(
      "USAGE",
      `Cannot cut the input into more than ${grouped(SPLITS_MAX)} splits of ` +
        `${exactSizeInWords(this.#splitBytes)}. ` +
        "Raise the split size, or join small files into larger ones.",
    );
  }

  flush(): void {
    if (this.#segments.length === 0) return;
    this.checkRoom(1);
    const index = this.#splits.length;
    this.#splits.push({ index, segments: this.#segments, sizeBytes: this.#sizeBytes });
    this.#segments = [];
    this.#sizeBytes = 0;
  }

  finish(): Split[] {
    this.flush();
    return this.#splits;
  }
}
