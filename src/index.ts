/**
 * The public API of Sheaf. What is exported here is for users; nothing else is. The comments are the
 * topics of docs/reference/api.md, which scripts/docs.ts makes from this file and the docstrings.
 */

// Jobs

export { defineJob, type Job, type JobDefinition } from "./job/job.ts";
export {
  outputOf,
  type Pipeline,
  pipeline,
  type RepeatOptions,
  type StepProgress,
} from "./job/pipeline.ts";

// Inputs

export { type FilesBytesOptions, type FilesOptions, files } from "./job/input/files.ts";
export { type FixedRecordsOptions, fixedRecords } from "./job/input/fixed-records.ts";
export type { InputFormat, InputPiece, Position } from "./job/input/input.ts";
export { located } from "./job/input/located.ts";
export { type NdjsonOptions, ndjson } from "./job/input/ndjson.ts";
export { type TextBytesOptions, type TextOptions, text } from "./job/input/text.ts";

// Bytes instead of text

export { ByteView } from "./base/byte-view.ts";
export { distinctWords } from "./job/input/distinct-words.ts";
export {
  letters,
  nonSpace,
  type WordBytes,
  type WordBytesOptions,
  wordBytes,
  words,
} from "./job/input/words.ts";

// Codecs

export { compareUtf8 } from "./base/compare-utf8.ts";
export { array } from "./job/codec/array.ts";
export { bigint } from "./job/codec/bigint.ts";
export { boolean } from "./job/codec/boolean.ts";
export { bytes } from "./job/codec/bytes.ts";
export type { Codec, Decoded, Encodable, KeyCodec } from "./job/codec/codec.ts";
export { date } from "./job/codec/date.ts";
export { float } from "./job/codec/float.ts";
export { grouped } from "./job/codec/grouped.ts";
export { int } from "./job/codec/int.ts";
export { json } from "./job/codec/json.ts";
export { nothing } from "./job/codec/nothing.ts";
export { optional } from "./job/codec/optional.ts";
export { string } from "./job/codec/string.ts";
export { structured } from "./job/codec/structured.ts";
export { tuple } from "./job/codec/tuple.ts";

// Map, combine and reduce

export type { AttemptLabel, Context } from "./job/context.ts";
export {
  type Combiner,
  type Emit,
  type GroupCombiner,
  type Identity,
  identity,
  type MapFunction,
  max,
  min,
  type NumberFold,
  type ReduceFunction,
  type Reducer,
  sum,
} from "./job/functions.ts";
export type { RawParams, Schema, SchemaIssue, SchemaResult } from "./job/params.ts";

// Partitioners

export {
  type HashPartitioner,
  hash,
  hashOf,
  type Partitioner,
  type RangePartitioner,
  range,
} from "./job/partitioner.ts";

// Outputs

export { type BytesOutputOptions, bytesOutput } from "./job/output/bytes-output.ts";
export { type NdjsonOutputOptions, ndjsonOutput } from "./job/output/ndjson-output.ts";
export type {
  BuiltinOutput,
  OutputCodecs,
  OutputFormat,
  RecordFormatter,
} from "./job/output/output.ts";
export { type TextOutputOptions, textOutput } from "./job/output/text-output.ts";

// Formats of one's own

export type { ByteReader, ByteWriter } from "./base/bytes.ts";

// Running a job from a program

export { type ErrorCode, type ErrorData, SheafError } from "./base/error.ts";
export type { Counters, TaskCounter } from "./job/counters.ts";
export type { Failure, RecordOrigin } from "./job/failure.ts";
export type {
  AttemptEnded,
  JobEnded,
  JobEvent,
  JobResult,
  JobStarted,
  Part,
  PhaseProgress,
  Progress,
  StepEnded,
  StepLabel,
  StepStarted,
  Warning,
} from "./job/report.ts";
export type { RunOptions } from "./local/options.ts";
export type { JobSource } from "./local/resolve-job.ts";
export { run } from "./local/run-lazily.ts";
