/**
 * The functions of a job: what `map`, `combine` and `reduce` look like to the compiler, and the
 * built-in ones (`sum`, `min`, `max`, `identity`) that the engine runs without leaving bytes.
 */

import type { Context } from "./context.ts";

/** Nothing, now or later: user functions may be async, and sync ones stay on the fast path. */
export type MaybeAsync = void | Promise<void>;

/**
 * Hands an intermediate record to the engine, which encodes it at once: what was passed may be
 * changed or used again afterwards. Valid during the call that received it. `emit.all` hands over
 * many keys with one value.
 *
 * Throws `VALUE_INVALID` for a key or a value that its codec cannot carry, and `RECORD_TOO_LARGE`
 * for a key of more than 1 MB or a value of more than 64 MB, encoded; or a record of more than a
 * quarter of the slot's memory.
 */
export interface Emit<K, V> {
  (key: K, value: V): void;
  /**
   * Emits each of the keys with the same value: what a loop over them does. Where numbers are
   * combined, `emit.all(words(line), 1)` takes half the time of that loop, because no word leaves
   * the bytes that it stands in.
   */
  all(keys: Iterable<K>, value: V): void;
}

/**
 * `map (k1, v1) -> list(k2, v2)`: called once for each record of the input, and emits any number of
 * intermediate records. It may run again on the same record after a failure, so it should depend on
 * nothing but its arguments.
 */
export type MapFunction<K1, V1, K2, V2, P> = (
  key: K1,
  value: V1,
  emit: Emit<K2, V2>,
  context: Context<P>,
) => MaybeAsync;

/**
 * `reduce (k2, list(v2)) -> list(v3)`: called once for each key, in increasing order within a part,
 * and emits any number of results, which are written with the key.
 *
 * `values` is read as you go, once, and only during the call, so that any number of them fits in
 * memory. They come in the order of the map tasks, then of their emission.
 */
export type ReduceFunction<K2, V2, V3, P> = (
  key: K2,
  values: Iterable<V2>,
  emit: (value: V3) => void,
  context: Context<P>,
) => MaybeAsync;

/**
 * Combines values of one key before they travel: a function of two values, or the reduce form.
 *
 * It must be associative and commutative, because it may run any number of times, over any of the
 * values, or not at all.
 *
 * @example
 * ```ts
 * import { defineJob, json, string, text } from "sheaf";
 *
 * interface Span {
 *   readonly from: number;
 *   readonly to: number;
 * }
 *
 * function widen(a: Span, b: Span): Span {
 *   return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
 * }
 *
 * // For each word, between which bytes of the files it occurs.
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: json<Span>() },
 *   map({ offset }, line, emit) {
 *     for (const word of line.split(" ")) emit(word, { from: offset, to: offset });
 *   },
 *   combine: widen,
 *   reduce: (_word, spans, emit) => emit([...spans].reduce(widen)),
 * });
 * ```
 */
export type Combiner<K2, V2, V2In> = ((a: V2, b: V2) => V2In) | GroupCombiner<K2, V2, V2In>;

/**
 * The reduce form of a combiner: it may emit any number of values, usually one.
 *
 * @example
 * ```ts
 * import { array, defineJob, string, text } from "sheaf";
 *
 * // For each word, the files that hold it; those of one map task are put together early.
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: array(string()) },
 *   map({ path }, line, emit) {
 *     for (const word of line.split(" ")) emit(word, [path]);
 *   },
 *   combine: {
 *     reduce: (_word, paths, emit) => emit([...new Set([...paths].flat())]),
 *   },
 *   reduce: (_word, paths, emit) => emit([...new Set([...paths].flat())].sort()),
 * });
 * ```
 */
export interface GroupCombiner<K2, V2, V2In> {
  /** Called with some of the values of a key; never async. */
  reduce(key: K2, values: Iterable<V2>, emit: (value: V2In) => void): void;
}

/** The type of `sum`, `min` and `max`. It is a function of two values too, so it can combine. */
export interface NumberFold {
  (a: number, b: number): number;
  readonly builtin: "sum" | "min" | "max";
}

/** The type of `identity`. */
export interface Identity {
  readonly builtin: "identity";
}

/**
 * What may stand as `reduce`: a function, or a built-in that fits the types. The built-ins appear
 * here without their call signature, or a function literal would lose the types of its parameters.
 */
export type Reducer<K2, V2, V3, P> =
  | ReduceFunction<K2, V2, V3, P>
  | BuiltinReducer<V2 extends number ? (number extends V3 ? NumberFold["builtin"] : never) : never>
  | BuiltinReducer<V2 extends V3 ? Identity["builtin"] : never>;

/** A built-in as the compiler sees it in a job. */
export interface BuiltinReducer<Name extends string> {
  readonly builtin: Name;
}

function fold(builtin: NumberFold["builtin"], of: (a: number, b: number) => number): NumberFold {
  return Object.assign(of, { builtin });
}

/**
 * Adds the values of a key; for `combine` and for `reduce`. As a combiner of `float()` values it is
 * left out, because the order of additions would show in the last digits of the result.
 *
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map: (position, line, emit) => emit(position.path, line.length),
 *   combine: sum,
 *   reduce: sum,
 * });
 * ```
 */
export const sum: NumberFold = fold("sum", (a, b) => a + b);

/**
 * The smallest value of a key; for `combine` and for `reduce`. -0 is below 0, and NaN below
 * everything.
 *
 * @example
 * ```ts
 * import { defineJob, float, min, string, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: float() },
 *   map(_position, line, emit) {
 *     const [station = "", celsius] = line.split("\t");
 *     emit(station, Number(celsius));
 *   },
 *   combine: min,
 *   reduce: min,
 * });
 * ```
 */
export const min: NumberFold = fold("min", (a, b) => Math.min(a, b));

/**
 * The largest value of a key; for `combine` and for `reduce`. 0 is above -0, and NaN above
 * everything.
 *
 * @example
 * ```ts
 * import { defineJob, int, max, string, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map: (position, line, emit) => emit(position.path, line.length),
 *   combine: max,
 *   reduce: max,
 * });
 * ```
 */
export const max: NumberFold = fold("max", (a, b) => Math.max(a, b));

/**
 * Passes every record through, in order and with its own key: what a sort needs. For `reduce`, where
 * the values are what the job puts out.
 *
 * @example
 * ```ts
 * import { defineJob, identity, int, range, string, text } from "sheaf";
 *
 * // All lines, the shortest first.
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: int(), value: string() },
 *   partition: range(),
 *   map: (_position, line, emit) => emit(line.length, line),
 *   reduce: identity,
 * });
 * ```
 */
export const identity: Identity = { builtin: "identity" };
