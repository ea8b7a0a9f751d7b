/**
 * What the compiler must infer from codecs, and what it must refuse. Nothing here runs: `tsc` is
 * the test, and an error that does not come is one.
 */

import type { ByteView } from "../../src/base/byte-view.ts";
import { array } from "../../src/job/codec/array.ts";
import { bigint } from "../../src/job/codec/bigint.ts";
import { boolean } from "../../src/job/codec/boolean.ts";
import { bytes } from "../../src/job/codec/bytes.ts";
import type { Codec, Decoded, Encodable, KeyCodec } from "../../src/job/codec/codec.ts";
import { date } from "../../src/job/codec/date.ts";
import { float } from "../../src/job/codec/float.ts";
import { grouped } from "../../src/job/codec/grouped.ts";
import { int } from "../../src/job/codec/int.ts";
import { json } from "../../src/job/codec/json.ts";
import { nothing } from "../../src/job/codec/nothing.ts";
import { optional } from "../../src/job/codec/optional.ts";
import { string } from "../../src/job/codec/string.ts";
import { structured } from "../../src/job/codec/structured.ts";
import { tuple } from "../../src/job/codec/tuple.ts";
import { sum } from "../../src/job/functions.ts";
import type { InputFormat } from "../../src/job/input/input.ts";
import { defineJob } from "../../src/job/job.ts";

/** True if A and B are the same type, and not merely assignable to each other. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function same<A, B>(_equal: Same<A, B>): void {}

interface Visit {
  readonly url: string;
  readonly seconds: number;
}

/** The types of each codec: what is read, and what may be emitted. */
export function codecsCarryTheirTypes(): void {
  const text = string();
  same<typeof text, KeyCodec<string, string | ByteView>>(true);
  const whole = int();
  same<typeof whole, KeyCodec<number>>(true);
  const number = float();
  same<typeof number, KeyCodec<number>>(true);
  const big = bigint();
  same<typeof big, KeyCodec<bigint>>(true);
  const flag = boolean();
  same<typeof flag, KeyCodec<boolean>>(true);
  const raw = bytes();
  same<typeof raw, KeyCodec<Uint8Array, Uint8Array | ByteView>>(true);
  const when = date();
  same<typeof when, KeyCodec<Date>>(true);
  const none = nothing();
  same<typeof none, KeyCodec<undefined>>(true);
  const visit = json<Visit>();
  same<typeof visit, Codec<Visit>>(true);
  const counts = structured<Map<string, number>>();
  same<typeof counts, Codec<Map<string, number>>>(true);
}

/** A codec made of key codecs is a key codec, and one unordered part makes it a value codec. */
export function compositesCarryTheirTypes(): void {
  const maybe = optional(int());
  same<typeof maybe, KeyCodec<number | undefined>>(true);
  const maybeVisit = optional(json<Visit>());
  same<typeof maybeVisit, Codec<Visit | undefined>>(true);

  const words = array(string());
  same<typeof words, KeyCodec<string[], readonly (string | ByteView)[]>>(true);
  const visits = array(json<Visit>());
  same<typeof visits, Codec<Visit[], readonly Visit[]>>(true);

  const pair = tuple(string(), int());
  same<typeof pair, KeyCodec<[string, number], readonly [string | ByteView, number]>>(true);
  const mixed = tuple(string(), json<Visit>());
  same<typeof mixed, Codec<[string, Visit], readonly [string | ByteView, Visit]>>(true);
  const none = tuple();
  same<typeof none, KeyCodec<[], readonly []>>(true);
  const nested = tuple(pair, optional(array(date())));
  same<Decoded<typeof nested>, [[string, number], Date[] | undefined]>(true);
  same<
    Encodable<typeof nested>,
    readonly [readonly [string | ByteView, number], readonly Date[] | undefined]
  >(true);

  const secondary = grouped(string(), date());
  same<typeof secondary, KeyCodec<[string, Date], readonly [string | ByteView, Date]>>(true);
}

/** What is no key codec cannot stand where order is needed. */
export function unorderedCodecsAreNoKeys(): void {
  // @ts-expect-error: JSON has no order.
  json<string>() satisfies KeyCodec<string>;
  // @ts-expect-error: nor has MessagePack.
  structured<string>() satisfies KeyCodec<string>;
  // @ts-expect-error: nor a tuple with a field of JSON.
  tuple(string(), json<Visit>()) satisfies KeyCodec<[string, Visit], readonly [string, Visit]>;
  // @ts-expect-error: nor an array of it.
  array(json<Visit>()) satisfies KeyCodec<Visit[], readonly Visit[]>;
  // @ts-expect-error: nor an optional one.
  optional(json<Visit>()) satisfies KeyCodec<Visit | undefined>;
  // @ts-expect-error: the order of a secondary sort needs an order.
  grouped(string(), json<Visit>());
  // @ts-expect-error: and so does the primary field.
  grouped(json<Visit>(), string());
}

declare const lines: InputFormat<number, string>;
declare const views: InputFormat<number, ByteView>;

/** A job takes its types from its codecs: nothing is annotated. */
export const pairs = defineJob({
  input: lines,
  intermediate: { key: tuple(string(), int()), value: optional(int()) },
  map(position, line, emit) {
    emit([line, position], 1);
    emit([line, position], undefined);
    const fixed = [line, position] as const;
    emit(fixed, 1);
    // @ts-expect-error: the fields are in the other order.
    emit([position, line], 1);
    // @ts-expect-error: a field is missing.
    emit([line], 1);
    // @ts-expect-error: null is not undefined.
    emit([line, position], null);
  },
  reduce(key, values, emit) {
    same<typeof key, [string, number]>(true);
    same<typeof values, Iterable<number | undefined>>(true);
    emit(1);
    // @ts-expect-error: the value is a number.
    emit("1");
  },
});

/** Views go where strings and bytes go, also inside a tuple, and strings come out. */
export const fromViews = defineJob({
  input: views,
  intermediate: { key: grouped(string(), bytes()), value: int() },
  map(_position, view, emit) {
    emit([view, view], 1);
    emit(["text", Buffer.from("bytes")], 1);
    // @ts-expect-error: a string is not bytes.
    emit([view, "bytes"], 1);
  },
  combine: sum,
  reduce(key, values, emit) {
    same<typeof key, [string, Uint8Array]>(true);
    for (const value of values) emit(value);
  },
});

/** A key without order is an error where the job is defined. */
export const noKey = defineJob({
  input: lines,
  // @ts-expect-error: json() is for values.
  intermediate: { key: tuple(string(), json<Visit>()), value: int() },
  map() {},
  reduce: sum,
});

/** The values of a job without values are `undefined`, and nothing else. */
export const onlyKeys = defineJob({
  input: lines,
  intermediate: { key: string(), value: nothing() },
  map(_position, line, emit) {
    emit(line, undefined);
    // @ts-expect-error: there is nothing to say.
    emit(line, 1);
  },
  reduce(_key, _values, emit) {
    emit(undefined);
  },
});
