/**
 * What attempts answer, in messages.
 */

import { unreachable } from "../../base/assert.ts";
import { ATTEMPT_LOG_BYTES_MAX, UPLOAD_PIECES_MAX } from "../../base/limits.ts";
import type { Counters } from "../../job/counters.ts";
import type { BadRecord, Failure } from "../../job/failure.ts";
import type { PartUpload, WrittenPart } from "../../task/task-spec.ts";
import type {
  WrittenPart as WirePart,
  TaskResult as WireResult,
  PartUpload as WireUpload,
} from "../generated/sheaf/v1/task.ts";
import { BAD_RECORDS_MAX, LIST_ITEMS_MAX } from "../limits.ts";
import { count, list, present, text } from "./checks.ts";
import { countersFromWire, countersToWire } from "./counters.ts";
import { badRecordFromWire, badRecordToWire, failureFromWire, failureToWire } from "./failure.ts";
import {
  columnsFromWire,
  columnsToWire,
  type RegionColumns,
  type RegionSize,
  regionFromWire,
  regionToWire,
} from "./region.ts";
import { boundariesFromWire } from "./task.ts";

/** See the head of this file. */
export interface ReportedResult {
  readonly counters: Counters;
  readonly spills: number;
  readonly bad: readonly BadRecord[];
  /** How many records the attempt left out by its own decision. */
  readonly skipped: number;
  readonly lastSkipped: Failure | undefined;
  /** What it wrote to the console. */
  readonly log: string;
  /** Kinds of what the job's code has started and not awaited. */
  readonly leftRunning: readonly string[];
  readonly output: ReportedOutput;
}

/** What an attempt made. */
export type ReportedOutput =
  | { readonly kind: "sample"; readonly boundaries: readonly Uint8Array[] }
  | { readonly kind: "map"; readonly regions: RegionColumns }
  | { readonly kind: "part"; readonly part: WrittenPart }
  | { readonly kind: "step"; readonly run: RegionSize };

export function resultToWire(result: ReportedResult): WireResult {
  return {
    counters: countersToWire(result.counters),
    spills: result.spills,
    bad: result.bad.map(badRecordToWire),
    skipped: result.skipped,
    lastSkipped: result.lastSkipped && failureToWire(result.lastSkipped),
    log: result.log,
    leftRunning: [...result.leftRunning],
    output: outputToWire(result.output),
  };
}

function outputToWire(output: ReportedOutput): WireResult["output"] {
  switch (output.kind) {
    case "sample":
      return { $case: "sample", value: { boundaries: [...output.boundaries] } };
    case "map":
      return { $case: "map", value: columnsToWire(output.regions) };
    case "part":
      return { $case: "part", value: partToWire(output.part) };
    case "step":
      return { $case: "run", value: regionToWire(output.run) };
    default:
      return unreachable(output);
  }
}

export function resultFromWire(wire: WireResult | undefined): ReportedResult {
  const result = present("result", wire);
  const { lastSkipped } = result;
  return {
    counters: countersFromWire("result.counters", result.counters),
    spills: count("result.spills", result.spills),
    bad: list("result.bad", result.bad, BAD_RECORDS_MAX, badRecordFromWire),
    skipped: count("result.skipped", result.skipped),
    lastSkipped: lastSkipped && failureFromWire("result.last_skipped", lastSkipped),
    log: text("result.log", result.log, ATTEMPT_LOG_BYTES_MAX),
    leftRunning: list("result.left_running", result.leftRunning, LIST_ITEMS_MAX, text),
    output: outputFromWire(present("result.output", result.output)),
  };
}

function outputFromWire(wire: NonNullable<WireResult["output"]>): ReportedOutput {
  switch (wire.$case) {
    case "sample":
      return {
        kind: "sample",
        boundaries: boundariesFromWire("result.sample.boundaries", wire.value.boundaries),
      };
    case "map":
      return { kind: "map", regions: columnsFromWire("result.map", wire.value) };
    case "part":
      return { kind: "part", part: partFromWire(wire.value) };
    case "run":
      return { kind: "step", run: regionFromWire("result.run", wire.value) };
  }
}

function partToWire({ bytes, records, crc32, upload }: WrittenPart): WirePart {
  const wireUpload = upload && { ...upload, pieces: upload.pieces.map((piece) => ({ ...piece })) };
  return { sizeBytes: bytes, records, crc32: crc32ToWire(crc32), upload: wireUpload };
}

function partFromWire({ sizeBytes, records, crc32, upload }: WirePart): WrittenPart {
  return {
    bytes: count("result.part.size_bytes", sizeBytes),
    records: count("result.part.records", records),
    crc32: crc32FromWire(crc32),
    ...(upload === undefined ? {} : { upload: uploadFromWire(upload) }),
  };
}

function uploadFromWire({ uploadId, isOnly, pieces }: WireUpload): PartUpload {
  const field = "result.part.upload";
  return {
    uploadId: text(`${field}.upload_id`, uploadId),
    isOnly,
    pieces: list(`${field}.pieces`, pieces, UPLOAD_PIECES_MAX, (name, { number, etag }) => ({
      number: count(`${name}.number`, number, UPLOAD_PIECES_MAX, 1),
      etag: text(`${name}.etag`, etag),
    })),
  };
}

/** Eight hexadecimal digits as the number they spell. */
export const crc32ToWire = (digits: string): number => Number.parseInt(digits, 16);

export const crc32FromWire = (sum: number): string => sum.toString(16).padStart(8, "0");
