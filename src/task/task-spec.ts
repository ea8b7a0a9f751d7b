/**
 * What an attempt is told and what it answers: plain data, so that a slot may be a thread here or a
 * process on another machine.
 */

import type { Counters } from "../job/counters.ts";
import type { BadRecord, Failure, SkippedRecord } from "../job/failure.ts";
import type { Split } from "../job/input/input.ts";
import type { Part } from "../job/report.ts";
import type { BegunUpload, UploadedPiece } from "../s3/s3-uploads.ts";
import type { S3Location } from "../s3/s3-url.ts";
import type { MapOutput } from "../shuffle/map-output.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import type { RecordFailure } from "./record-failure.ts";

/** What every attempt of a step is told. */
export interface TaskSpec {
  /** Index of the step in its pipeline. */
  readonly step: number;
  readonly task: number;
  readonly attempt: number;
  /** The budget of the slot for buffers, in bytes. */
  readonly memoryBytes: number;
  /** Where the attempt may make files; their names begin with `fileName`. */
  readonly directory: string;
  readonly fileName: string;
  /** The user counters of the step before. */
  readonly previous: Readonly<Record<string, number>>;
  /** Records (or groups) to leave out, because attempts died of them. */
  readonly skip: readonly SkippedRecord[];
  /** How many more bad records the attempt may skip by itself; 0: the first one ends it. */
  readonly skipsLeft: number;
}

/** One map attempt: a split in, R sorted regions out. */
export interface MapTaskSpec extends TaskSpec {
  readonly kind: "map";
  readonly split: Split;
  readonly partitions: number;
  /** Boundaries between partitions as encoded keys, for `range()`. */
  readonly boundaries: readonly Uint8Array[] | undefined;
}

/** One reduce attempt: a partition's regions in the order of their map tasks, one part out. */
export interface ReduceTaskSpec extends TaskSpec {
  readonly kind: "reduce";
  readonly regions: readonly RunRegion[];
  /** The regions hold results already: they are only written in the output's format. */
  readonly passThrough: boolean;
  /** A part of the job's output, or a run that the next step reads. */
  readonly output: "part" | "step";
  readonly outputPath: string;
  /** Where that is uploaded when it is whole; undefined where others take the file itself. */
  readonly upload: S3Location | undefined;
}

/** A piece of the input that a sample reads. */
export interface SampleWindow {
  readonly split: Split;
  /** Every so-manyth record is taken; 1 for all. */
  readonly stride: number;
}

/** Reads a sample of the input through `map`, to find the boundaries of `range()`. */
export interface SampleTaskSpec extends TaskSpec {
  readonly kind: "sample";
  readonly windows: readonly SampleWindow[];
  readonly partitions: number;
}

export type AnyTaskSpec = MapTaskSpec | ReduceTaskSpec | SampleTaskSpec;

/** What every attempt that succeeded answers. */
interface TaskResult {
  readonly counters: Counters;
  readonly spills: number;
  readonly bad: readonly BadRecord[];
  /** How many records the attempt left out by its own decision. */
  readonly skipped: number;
  /** The last of them, for the message if they were too many. */
  readonly lastSkipped: Failure | undefined;
  /** What the attempt wrote to the console; empty mostly. */
  readonly log: string;
}

export interface MapResult extends TaskResult {
  readonly kind: "map";
  readonly output: MapOutput;
}

export interface ReduceResult extends TaskResult {
  readonly kind: "reduce";
  readonly written: Written;
}

/** What is known of a part before it has its name. */
export interface WrittenPart extends Omit<Part, "name"> {
  /** On S3, the upload that will make it an object. */
  readonly upload?: PartUpload;
}

/** All pieces of a part, uploaded and not yet an object. */
export interface PartUpload extends BegunUpload {
  readonly pieces: readonly UploadedPiece[];
}

/** What a reduce attempt wrote: a part under its private name, or a run for the next step. */
export type Written =
  | { readonly kind: "part"; readonly part: WrittenPart }
  | { readonly kind: "step"; readonly run: RunRegion };

export interface SampleResult {
  readonly kind: "sample";
  readonly boundaries: readonly Uint8Array[];
}

/** A result before the slot has described its last failure and added its log. */
export type Attempted<R extends TaskResult> = Omit<R, "log" | "lastSkipped"> & {
  readonly lastRefused: RecordFailure | undefined;
};

export type AnyTaskResult = MapResult | ReduceResult | SampleResult;
