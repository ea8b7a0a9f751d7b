/**
 * From the user's `emit(key, value)` to bytes in the collector. The choice among the ways is made
 * once per attempt, so that each call does only what its job needs.
 */

import { ByteView } from "../base/byte-view.ts";
import { ByteWriter } from "../base/bytes.ts";
import { SheafError } from "../base/error.ts";
import { hashBytes } from "../base/hash.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../base/limits.ts";
import type { Emit } from "../job/functions.ts";
import type { ErasedDefinition } from "../job/job.ts";
import { foldsNumbers } from "./combine.ts";

/** Takes encoded records; the collector of map output, or whatever stands in front of it. */
export interface RecordSink {
  collect(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void;
  collectNumber(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    hash: number,
    amount: number,
  ): void;
}

/** The `emit` of a job, into `sink`. */
export function createEmit(job: ErasedDefinition, sink: RecordSink): Emit<unknown, unknown> {
  return foldsNumbers(job) ? numberEmit(job, sink) : recordEmit(job, sink);
}

/** For values that are folded as numbers: they are never encoded here. */
function numberEmit(job: ErasedDefinition, sink: RecordSink): Emit<unknown, unknown> {
  const writer = new ByteWriter(1024);
  const codec = job.key;
  const takesViews = codec.takesViews === true;
  const wholeNumbers = job.value.numeric === "int";
  return (key, value) => {
    if (typeof value !== "number" || (wholeNumbers && !Number.isSafeInteger(value))) {
      // Writing it says what is wrong with it in the codec's own words.
      writer.position = 0;
      job.value.writeLast(writer, value);
    }
    const amount = value as number;
    if (takesViews && key instanceof ByteView) {
      const { bytes, start, end } = key;
      if (end - start > KEY_BYTES_MAX) throw keyTooLarge(end - start);
      sink.collectNumber(bytes, start, end, hashBytes(bytes, start, end), amount);
      return;
    }
    writer.position = 0;
    codec.writeLast(writer, key);
    const end = writer.position;
    if (end > KEY_BYTES_MAX) throw keyTooLarge(end);
    const bytes = writer.bytes;
    sink.collectNumber(bytes, 0, end, hashBytes(bytes, 0, end), amount);
  };
}

/** The general way: key and value are encoded one after the other. */
function recordEmit(job: ErasedDefinition, sink: RecordSink): Emit<unknown, unknown> {
  const writer = new ByteWriter(1024);
  const { key: keyCodec, value: valueCodec } = job;
  const keyViews = keyCodec.takesViews === true;
  const valueViews = valueCodec.takesViews === true;
  return (key, value) => {
    writer.position = 0;
    let keyBytes: Buffer | undefined;
    let keyStart = 0;
    let keyEnd: number;
    if (keyViews && key instanceof ByteView) {
      keyBytes = key.bytes;
      keyStart = key.start;
      keyEnd = key.end;
    } else {
      keyCodec.writeLast(writer, key);
      keyEnd = writer.position;
    }
    if (keyEnd - keyStart > KEY_BYTES_MAX) throw keyTooLarge(keyEnd - keyStart);
    if (valueViews && value instanceof ByteView) {
      const { bytes, start, end } = value;
      if (end - start > VALUE_BYTES_MAX) throw valueTooLarge(end - start);
      sink.collect(keyBytes ?? writer.bytes, keyStart, keyEnd, bytes, start, end);
      return;
    }
    const valueStart = writer.position;
    valueCodec.writeLast(writer, value);
    const valueEnd = writer.position;
    if (valueEnd - valueStart > VALUE_BYTES_MAX) throw valueTooLarge(valueEnd - valueStart);
    sink.collect(keyBytes ?? writer.bytes, keyStart, keyEnd, writer.bytes, valueStart, valueEnd);
  };
}

function keyTooLarge(bytes: number): SheafError {
  return new SheafError(
    "RECORD_TOO_LARGE",
    `emit() was given a key of ${bytes} bytes; the limit is ${KEY_BYTES_MAX}. Emit a hash or a prefix ` +
      "of it as the key, and the rest as the value.",
  );
}

function valueTooLarge(bytes: number): SheafError {
  return new SheafError(
    "RECORD_TOO_LARGE",
    `emit() was given a value of ${bytes} bytes; the limit is ${VALUE_BYTES_MAX}. Emit it in pieces.`,
  );
}
