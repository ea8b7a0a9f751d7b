/**
 * From a job's combiner to what the collector understands: a fold of numbers in its hash table, or a
 * function over the encoded values of one key.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { SheafError } from "../base/error.ts";
import { RECORD_EXCERPT_CHARS_MAX } from "../base/limits.ts";
import { show } from "../base/show.ts";
import type { AnyCodec } from "../job/codec/codec.ts";
import type { GroupCombiner } from "../job/functions.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { CombineOption, GroupCombine } from "../shuffle/combine-option.ts";
import { EmitGate } from "./emit-gate.ts";
import { isPromise } from "./is-promise.ts";
import { blameless, SharedFailure } from "./record-failure.ts";
import { LazyValues } from "./values.ts";

/** Whether the values are numbers that a function of two of them combines. */
export function foldsNumbers(job: ErasedDefinition): boolean {
  return typeof job.combine === "function" && job.value.numeric !== undefined && !isInexact(job);
}

/** Sums of floats depend on their order, which combining would change: `sum` is left to reduce. */
function isInexact(job: ErasedDefinition): boolean {
  const { combine } = job;
  return (
    job.value.numeric === "float" &&
    typeof combine === "function" &&
    "builtin" in combine &&
    combine.builtin === "sum"
  );
}

/** The collector's way to combine; `undefined` for none. */
export function combineOption(job: ErasedDefinition): CombineOption | undefined {
  const { combine, value: codec } = job;
  if (combine === undefined || isInexact(job)) return undefined;
  if (typeof combine !== "function") return { kind: "group", combine: groupCombine(job, combine) };
  if (!foldsNumbers(job)) {
    return { kind: "group", combine: groupCombine(job, { reduce: foldValues(combine) }) };
  }
  const reader = new ByteReader();
  // The table compares faster than a function does, but knows neither NaN nor -0.
  const isBuiltin = "builtin" in combine && codec.numeric === "int";
  const builtin = isBuiltin ? (combine.builtin as "sum" | "min" | "max") : undefined;
  return {
    kind: "number",
    fold: builtin ?? blameless(combine as (a: number, b: number) => number),
    writeValue: (writer, value, keyBytes, keyStart, keyEnd) => {
      try {
        codec.writeLast(writer, value);
      } catch (error) {
        // It fails of a sum that is no safe integer, and of what the user's function makes.
        throw new SharedFailure(withKey(error, job.key, keyBytes, keyStart, keyEnd));
      }
    },
    readValue: (bytes, start, end) => {
      reader.reset(bytes, start, end);
      return codec.readLast(reader) as number;
    },
  };
}

/** The reduce form of a function of two values. */
function foldValues(
  combine: (a: unknown, b: unknown) => unknown,
): GroupCombiner<unknown, unknown, unknown>["reduce"] {
  return (_key, values, emit) => {
    let folded: unknown;
    let first = true;
    for (const value of values) {
      folded = first ? value : combine(folded, value);
      first = false;
    }
    emit(folded);
  };
}

function groupCombine(
  job: ErasedDefinition,
  combiner: GroupCombiner<unknown, unknown, unknown>,
): GroupCombine {
  const key = new ByteReader();
  const writer = new ByteWriter(1024);
  const { key: keyCodec, value: valueCodec } = job;
  const gate = new EmitGate("combine");
  return (keyBytes, keyStart, keyEnd, source, emitEncoded) => {
    const values = new LazyValues(source, valueCodec);
    const emit = (value: unknown): void => {
      if (!gate.isOpen) throw gate.refusal();
      writer.position = 0;
      try {
        valueCodec.writeLast(writer, value);
      } catch (error) {
        throw withKey(error, keyCodec, keyBytes, keyStart, keyEnd);
      }
      try {
        emitEncoded(writer.bytes, 0, writer.position);
      } catch (error) {
        gate.note(error);
        throw error;
      }
    };
    const finish = (): void => {
      values.close();
      gate.close();
      // Even where the user's code caught it: half a group must not pass for a whole one.
      if (values.failed !== undefined) throw values.failed;
    };
    values.open();
    gate.isOpen = true;
    try {
      key.reset(keyBytes, keyStart, keyEnd);
      const returned: unknown = combiner.reduce(keyCodec.readLast(key), values, emit);
      if (isPromise(returned)) throw asyncCombiner();
    } catch (error) {
      finish();
      throw new SharedFailure(error);
    }
    finish();
  };
}

/** What a codec says of a combined value, and the key, which is all that the value still tells. */
function withKey(
  error: unknown,
  codec: AnyCodec,
  bytes: Buffer,
  start: number,
  end: number,
): unknown {
  if (!(error instanceof SheafError)) return error;
  const key = show(codec.readLast(new ByteReader(bytes, start, end)), RECORD_EXCERPT_CHARS_MAX);
  const message = `${error.message} It is what \`combine\` made of values of the key ${key}.`;
  return new SheafError(error.code, message, { data: error.data, cause: error });
}

function asyncCombiner(): SheafError {
  return new SheafError(
    "USER_CODE",
    "The job's combiner returned a promise; a combiner cannot be async. Leave out `async`, or do " +
      "what has to wait in map or reduce.",
  );
}
