/**
 * Reads the segments of the log in their order, and has `LogReplay` make the live log of them.
 */

import type { Disk } from "../disk/disk.ts";
import { parseFileName } from "../file-names.ts";
import type { Mark } from "../mark-file.ts";
import {
  decodeFileHeader,
  type HeaderOf,
  PREAMBLE_BYTES,
  readBeginning,
  type SegmentHeader,
} from "../record/file-header.ts";
import { placeOf, type RecordHeader } from "../record/record.ts";
import {
  type DamagedBytes,
  type ScanEnd,
  type ScanVisitor,
  scanRecords,
} from "../record/record-scan.ts";
import { LogReplay, type ReplayedTail } from "./replay.ts";
import type { IndexRange } from "./verdict.ts";

/** A segment as it was found. */
export interface SegmentScan {
  readonly name: string;
  readonly sequence: number;
  readonly header: HeaderOf<SegmentHeader> | undefined;
  /** Not part of the log: older than its beginning, skipped by a later one, or without any record. */
  readonly isVoid: boolean;
  readonly sizeBytes: number;
  readonly endOffset: number;
  readonly records: number;
  /** As they were written, be they live or not. */
  readonly entries: IndexRange | undefined;
  readonly terms: IndexRange | undefined;
  readonly damagedBytes: number;
}

/** What the segments hold. */
export interface LogSurvey {
  readonly segments: readonly SegmentScan[];
  readonly replay: LogReplay;
  /** What lies behind the frontier of the last segment, where there is one. */
  readonly tail: (ReplayedTail & { readonly segment: number }) | undefined;
}

interface Found {
  readonly name: string;
  readonly sequence: number;
  readonly header: HeaderOf<SegmentHeader> | undefined;
}

/** Reads all segments of a folder. */
export async function surveyLog(
  disk: Disk,
  names: readonly string[],
  tag: number,
  mark: Mark,
): Promise<LogSurvey> {
  const found = await findSegments(disk, names, tag);
  const chain = chainOf(await withoutUnfinished(found, disk, tag, mark));
  const replay = new LogReplay();
  const segments: SegmentScan[] = [];
  let tail: LogSurvey["tail"];
  for (const segment of found) {
    const at = chain.indexOf(segment);
    const { sequence } = segment;
    if (at < 0) {
      segments.push((await scanSegment(disk, tag, segment, undefined)).scan);
      continue;
    }
    replay.startSegment(segment.name, sequence, segment.header, chain[at - 1]?.sequence);
    const { scan, end } = await scanSegment(disk, tag, segment, replay);
    segments.push(scan);
    const next = chain[at + 1];
    if (next === undefined) {
      const marked = mark.segment === sequence ? mark.offset : 0;
      tail = { segment: sequence, ...replay.endLog(end, marked) };
    } else {
      const previous = next.header?.previous;
      replay.endSegment(end, previous?.sequence === sequence ? previous.endOffset : undefined);
    }
  }
  return { segments, replay, tail };
}

async function findSegments(disk: Disk, names: readonly string[], tag: number): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed.kind !== "segment") continue;
    const beginning = await readBeginning(disk, name);
    const header = decodeFileHeader<SegmentHeader>(beginning, name, tag)?.content;
    found.push({ name, sequence: parsed.sequence, header });
  }
  return found.sort((a, b) => a.sequence - b.sequence);
}

/** Leaves out last segments that a crash has left before their headers were durable. */
async function withoutUnfinished(
  found: readonly Found[],
  disk: Disk,
  tag: number,
  mark: Mark,
): Promise<readonly Found[]> {
  const last = found.at(-1);
  if (last === undefined || last.header !== undefined || mark.segment >= last.sequence)
    return found;
  const { scan } = await scanSegment(disk, tag, last, undefined);
  if (scan.records > 0) return found;
  return withoutUnfinished(found.slice(0, -1), disk, tag, mark);
}

/**
 * The segments that make the log: the last, the one that it says it follows, and so on. Those in
 * between were made where no room was left for them, and the later header says that they are void.
 */
function chainOf(found: readonly Found[]): readonly Found[] {
  const chain: Found[] = [];
  let at: Found | undefined = found.at(-1);
  while (at !== undefined) {
    chain.unshift(at);
    const { header, sequence } = at;
    if (header !== undefined && header.previous === undefined) break;
    const before = header?.previous?.sequence ?? sequence - 1;
    at = found.findLast((segment) => segment.sequence <= before);
  }
  return chain;
}

async function scanSegment(
  disk: Disk,
  tag: number,
  { name, sequence, header }: Found,
  replay: LogReplay | undefined,
): Promise<{ readonly scan: SegmentScan; readonly end: ScanEnd }> {
  const tally = new Tally(replay);
  const file = await disk.open(name, "read");
  try {
    const end = await scanRecords(
      file,
      { place: placeOf(name, tag), start: PREAMBLE_BYTES },
      tally,
    );
    const { records, entries, terms, damagedBytes } = tally;
    const isVoid = replay === undefined;
    const { sizeBytes, offset: endOffset } = end;
    const about = { name, sequence, header, isVoid, sizeBytes, endOffset };
    return { scan: { ...about, records, entries, terms, damagedBytes }, end };
  } finally {
    await file.close();
  }
}

/** Counts what a segment holds, and passes it on. */
class Tally implements ScanVisitor {
  records = 0;
  damagedBytes = 0;
  entries: IndexRange | undefined;
  terms: IndexRange | undefined;
  readonly #replay: LogReplay | undefined;

  constructor(replay: LogReplay | undefined) {
    this.#replay = replay;
  }

  record(header: RecordHeader, offset: number): void {
    this.#replay?.record(header, offset);
    if (header.kind === "file-header") return;
    this.records++;
    if (header.kind === "truncate") return;
    this.entries = widen(this.entries, header.index);
    this.terms = widen(this.terms, header.term);
  }

  damage(bytes: DamagedBytes): void {
    this.#replay?.damage(bytes);
    this.damagedBytes += bytes.end - bytes.offset;
  }
}

function widen(range: IndexRange | undefined, index: number): IndexRange {
  if (range === undefined) return { first: index, last: index };
  if (index >= range.first && index <= range.last) return range;
  return { first: Math.min(range.first, index), last: Math.max(range.last, index) };
}
