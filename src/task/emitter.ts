/**
 * From the user's `emit(key, value)` to bytes in the collector. The choice among the ways is made
 * once per attempt, so that each call does only what its job needs.
 */

import { ByteView } from "../base/byte-view.ts";
import { ByteWriter } from "../base/bytes.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../base/limits.ts";
import { lastWord } from "../base/text-origin.ts";
import type { Emit } from "../job/functions.ts";
import { AsciiWords } from "../job/input/ascii-words.ts";
import { ViewWords } from "../job/input/view-words.ts";
import type { ErasedDefinition } from "../job/job.ts";
import { foldsNumbers } from "./combine.ts";
import { emitEach, withAll } from "./emit-all.ts";
import type { EmitGate } from "./emit-gate.ts";
import { keyTooLarge, valueTooLarge } from "./emitted-size.ts";

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
  collectNumber(keyBytes: Buffer, keyStart: number, keyEnd: number, amount: number): void;
  /** One amount for many keys: of `edges`, the first `count` are their starts and ends in turn. */
  collectNumbers?(bytes: Buffer, edges: Int32Array, count: number, amount: number): void;
}

/** Makes the `emit` of a job for a gate. */
export type EmitFactory = (gate: EmitGate) => Emit<unknown, unknown>;

/** Emits of a job into `sink`. Only one of them is open at a time, so they share their buffer. */
export function emitFactory(job: ErasedDefinition, sink: RecordSink): EmitFactory {
  const writer = new ByteWriter(1024);
  return foldsNumbers(job)
    ? (gate) => numberEmit(job, sink, gate, writer)
    : (gate) => recordEmit(job, sink, gate, writer);
}

/** For values that are folded as numbers: they are never encoded here. */
function numberEmit(
  job: ErasedDefinition,
  sink: RecordSink,
  gate: EmitGate,
  writer: ByteWriter,
): Emit<unknown, unknown> {
  const codec = job.key;
  const takesViews = codec.takesViews === true;
  const takesText = codec.takesText === true;
  const check = numberCheck(job, writer);
  const emit = (key: unknown, value: unknown): void => {
    if (!gate.isOpen) throw gate.refusal();
    const amount = check(value);
    let bytes: Buffer;
    let start = 0;
    let end: number;
    if (takesViews && key instanceof ByteView) {
      ({ bytes, start, end } = key);
    } else if (takesText && key === lastWord.value) {
      ({ bytes, start, end } = lastWord);
    } else {
      writer.position = 0;
      codec.writeLast(writer, key);
      ({ bytes, position: end } = writer);
    }
    if (end - start > KEY_BYTES_MAX) throw keyTooLarge(end - start);
    try {
      sink.collectNumber(bytes, start, end, amount);
    } catch (error) {
      gate.note(error);
      throw error;
    }
  };
  if (!takesText || sink.collectNumbers === undefined) return withAll(emit);
  const collectWords = wordCollector(sink);
  return Object.assign(emit, {
    all(keys: Iterable<unknown>, value: unknown): void {
      const words = wholeWords(keys);
      // Without words nobody looks at the value.
      if (words === undefined || words.count === 0) return emitEach(emit, keys, value);
      if (!gate.isOpen) throw gate.refusal();
      try {
        collectWords(words, check(value));
      } catch (error) {
        gate.note(error);
        throw error;
      } finally {
        words.return();
      }
    },
  });
}

/** Checks a value that will be folded, and gives it as a number. */
function numberCheck(job: ErasedDefinition, writer: ByteWriter): (value: unknown) => number {
  const wholeNumbers = job.value.numeric === "int";
  return (value) => {
    if (typeof value !== "number" || (wholeNumbers && !Number.isSafeInteger(value))) {
      // Writing it says what is wrong with it in the codec's own words.
      writer.position = 0;
      job.value.writeLast(writer, value);
    }
    return value as number;
  };
}

/** Words in bytes that nobody has gone over yet. */
type WholeWords = ViewWords | AsciiWords;

function wholeWords(keys: Iterable<unknown>): WholeWords | undefined {
  // Bytes of a string may have changed since; those of a view are valid as long as emit is.
  const isAtHand = keys instanceof ViewWords || (keys instanceof AsciiWords && keys === lastWord);
  return isAtHand && !keys.hasBegun ? keys : undefined;
}

/** A word beyond its window is the last one in it, and the only one that can be too long. */
function wordCollector(sink: RecordSink): (words: WholeWords, amount: number) => void {
  return (words, amount) => {
    do {
      const { bytes, edges, count } = words;
      const lastBytes = edges[count - 1]! - edges[count - 2]!;
      const isTooLarge = lastBytes > KEY_BYTES_MAX;
      sink.collectNumbers!(bytes, edges, isTooLarge ? count - 2 : count, amount);
      if (isTooLarge) throw keyTooLarge(lastBytes);
    } while (words.nextWindow());
  };
}

/** The general way: key and value are encoded one after the other. */
function recordEmit(
  job: ErasedDefinition,
  sink: RecordSink,
  gate: EmitGate,
  writer: ByteWriter,
): Emit<unknown, unknown> {
  const { key: keyCodec, value: valueCodec } = job;
  const keyViews = keyCodec.takesViews === true;
  const valueViews = valueCodec.takesViews === true;
  return withAll((key, value) => {
    if (!gate.isOpen) throw gate.refusal();
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
    let valueBytes: Buffer | undefined;
    let valueStart: number;
    let valueEnd: number;
    if (valueViews && value instanceof ByteView) {
      valueBytes = value.bytes;
      valueStart = value.start;
      valueEnd = value.end;
    } else {
      valueStart = writer.position;
      valueCodec.writeLast(writer, value);
      valueEnd = writer.position;
    }
    if (valueEnd - valueStart > VALUE_BYTES_MAX) throw valueTooLarge(valueEnd - valueStart);
    // Only now: the writer may have got other bytes while it grew.
    const own = writer.bytes;
    try {
      sink.collect(keyBytes ?? own, keyStart, keyEnd, valueBytes ?? own, valueStart, valueEnd);
    } catch (error) {
      gate.note(error);
      throw error;
    }
  });
}
