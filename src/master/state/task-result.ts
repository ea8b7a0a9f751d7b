/**
 * What is kept of a task that is completed, packed: of ten thousand maps with a thousand regions each
 * nothing else would fit a master's memory. A result is bytes in the log and, in the state, the same
 * as text with a character for each byte, which costs the garbage collector nothing.
 *
 *     [1 byte version] [4 bytes length of the head] [head: MessagePack]
 *     for a map: [3 bytes: the widths of 3 columns] [the columns: a number for each region]
 *
 * Columns have a fixed width, so that one region is found without reading the others.
 */

import { Packr } from "msgpackr";
import { assert } from "../../base/assert.ts";
import { type Counters, TASK_COUNTERS, type TaskCounter } from "../../job/counters.ts";
import type { RegionSize } from "../../rpc/wire/region.ts";
import type { ReportedOutput, ReportedResult } from "../../rpc/wire/result.ts";

/** What of an attempt's answer is kept if it has won. */
export interface KeptResult extends Pick<ReportedResult, "counters" | "spills" | "skipped"> {
  /** Of a map, how many regions there are: see `regionAt`. */
  readonly output:
    | Exclude<ReportedOutput, { kind: "map" | "sample" }>
    | { readonly kind: "map"; readonly partitions: number };
}

/** A packed result, as the state has it: one character for each byte. */
export type PackedResult = string & { readonly packed: "result" };

const VERSION = 1;
const PREFIX_BYTES = 5;
const COLUMNS = ["lengthBytes", "records", "blockBytesMax"] as const;
/** Whole numbers up to 2^48, which is more than any file holds. */
const WIDTH_MAX = 6;

const packr = new Packr({ useRecords: false });

/** Packs what is kept of an answer. */
export function packResult(result: ReportedResult): Uint8Array {
  const { counters, spills, skipped, output } = result;
  assert(output.kind !== "sample", "samples are not kept");
  const columns = output.kind === "map" ? COLUMNS.map((name) => output.regions[name]) : [];
  const kept = output.kind === "map" ? { kind: "map", partitions: columns[0]!.length } : output;
  const task = TASK_COUNTERS.map((name) => counters.task[name]);
  const head = packr.pack([task, counters.user, spills, skipped, kept]);
  const widths = columns.map(widthOf);
  const bytes = columns.reduce((sum, { length }, i) => sum + length * widths[i]!, widths.length);
  const packed = Buffer.alloc(PREFIX_BYTES + head.length + bytes);
  packed[0] = VERSION;
  packed.writeUInt32LE(head.length, 1);
  packed.set(head, PREFIX_BYTES);
  packed.set(widths, PREFIX_BYTES + head.length);
  let at = PREFIX_BYTES + head.length + widths.length;
  for (const [i, column] of columns.entries()) {
    for (const value of column) at = packed.writeUIntLE(value, at, widths[i]!);
  }
  return packed;
}

/** The bytes of the log as the state keeps them. */
export function keepResult(bytes: Uint8Array): PackedResult {
  const { buffer, byteOffset, byteLength } = bytes;
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1") as PackedResult;
}

/** The bytes again, for a snapshot. */
export function resultBytes(packed: PackedResult): Uint8Array {
  return Buffer.from(packed, "latin1");
}

/** All but the regions. */
export function unpackResult(packed: PackedResult): KeptResult {
  const length = headLength(packed);
  const head = Buffer.from(packed.slice(PREFIX_BYTES, PREFIX_BYTES + length), "latin1");
  const [task, user, spills, skipped, output] = packr.unpack(head) as [
    number[],
    Counters["user"],
    number,
    number,
    KeptResult["output"],
  ];
  const counters = Object.fromEntries(TASK_COUNTERS.map((name, i) => [name, task[i]!]));
  return {
    counters: { task: counters as Record<TaskCounter, number>, user },
    spills,
    skipped,
    output,
  };
}

/** The region of one partition in the output of a map, of which there are so many. */
export function regionAt(packed: PackedResult, partition: number): RegionSize {
  const columns = columnsIn(packed);
  assert(partition < columns[0]!.count, "a map output has a region for each partition");
  const [lengthBytes, records, blockBytesMax] = columns.map(({ start, width }) =>
    numberAt(packed, start + partition * width, width),
  ) as [number, number, number];
  return { lengthBytes, records, blockBytesMax };
}

/** How long each region is, by partition. */
export function* regionLengths(packed: PackedResult): Generator<number> {
  const { start, width, count } = columnsIn(packed)[0]!;
  for (let i = 0; i < count; i++) yield numberAt(packed, start + i * width, width);
}

interface Column {
  readonly start: number;
  readonly width: number;
  readonly count: number;
}

function columnsIn(packed: PackedResult): readonly Column[] {
  let start = PREFIX_BYTES + headLength(packed);
  const widths = COLUMNS.map((_, i) => packed.charCodeAt(start + i));
  start += widths.length;
  const count = (packed.length - start) / widths.reduce((sum, width) => sum + width);
  return widths.map((width) => {
    const column = { start, width, count };
    start += width * count;
    return column;
  });
}

function headLength(packed: PackedResult): number {
  assert(packed.charCodeAt(0) === VERSION, "a result was packed by a version that is known");
  return numberAt(packed, 1, 4);
}

function numberAt(packed: string, at: number, width: number): number {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + packed.charCodeAt(at + i);
  return value;
}

function widthOf(column: readonly number[]): number {
  let max = 0;
  for (const value of column) max = Math.max(max, value);
  let width = 1;
  while (max >= 256 ** width) width++;
  assert(width <= WIDTH_MAX, "a region is shorter than any disk is large");
  return width;
}
