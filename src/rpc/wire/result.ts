/**
 * What attempts answer, in messages.
 */

import { unreachable } from "../../base/assert.ts";
import { ATTEMPT_LOG_BYTES_MAX } from "../../base/limits.ts";
import type { Counters } from "../../job/counters.ts";
import type { BadRecord, Failure } from "../../job/failure.ts";
import type { Part } from "../../job/report.ts";
import type { TaskResult as WireResult } from "../generated/sheaf/v1/task.ts";
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

/** A part under its private name. */
export type WrittenPart = Omit<Part, "name">;

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
    case "part": {
      const { bytes, records, crc32 } = output.part;
      return { $case: "part", value: { sizeBytes: bytes, records, crc32: crc32ToWire(crc32) } };
    }
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
    case "part": {
      const { sizeBytes, records, crc32 } = wire.value;
      return {
        kind: "part",
        part: {
          bytes: count("result.part.size_bytes", sizeBytes),
          records: count("result.part.records", records),
          crc32: crc32FromWire(crc32),
        },
      };
    }
    case "run":
      return { kind: "step", run: regionFromWire("result.run", wire.value) };
  }
}

/** Eight hexadecimal digits as the number they spell. */
export const crc32ToWire = (digits: string): number => Number.parseInt(digits, 16);

export const crc32FromWire = (sum: number): string => sum.toString(16).padStart(8, "0");
