/**
 * The public API of Sheaf. What is exported here is for users; nothing else is.
 */

// Inputs and outputs.
export { ByteView } from "./base/byte-view.ts";
// Running a job from a program.
export { type ErrorCode, SheafError } from "./base/error.ts";
// Codecs: how keys and values travel.
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
export type { AttemptLabel, Context } from "./job/context.ts";
export type { Counters, TaskCounter } from "./job/counters.ts";
export type { Failure, RecordOrigin } from "./job/failure.ts";
export {
  type Combiner,
  type Emit,
  type GroupCombiner,
  identity,
  type MapFunction,
  max,
  min,
  type ReduceFunction,
  type Reducer,
  sum,
} from "./job/functions.ts";
export { files } from "./job/input/files.ts";
export { fixedRecords } from "./job/input/fixed-records.ts";
export type { InputFormat, Position } from "./job/input/input.ts";
export { ndjson } from "./job/input/ndjson.ts";
export { text } from "./job/input/text.ts";
export { words } from "./job/input/words.ts";
// A job and what it is made of.
export { defineJob, type Job, type JobDefinition } from "./job/job.ts";
export { ndjsonOutput } from "./job/output/ndjson-output.ts";
export type { OutputFormat } from "./job/output/output.ts";
export { textOutput } from "./job/output/text-output.ts";
export type { RawParams, Schema } from "./job/params.ts";
export { hash, hashOf, type Partitioner, range } from "./job/partitioner.ts";
export {
  outputOf,
  type Pipeline,
  pipeline,
  type RepeatOptions,
  type StepProgress,
} from "./job/pipeline.ts";
export type {
  JobEvent,
  JobResult,
  Part,
  PhaseProgress,
  Progress,
  StepLabel,
} from "./job/report.ts";
export type { RunOptions } from "./local/options.ts";
export { run } from "./local/run-lazily.ts";
