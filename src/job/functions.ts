/**
 * The functions of a job: what `map`, `combine` and `reduce` look like to the compiler, and the
 * built-in ones (`sum`, `min`, `max`, `identity`) that the engine runs without leaving bytes.
 */

import type { Context } from "./context.ts";

/** Nothing, now or later: user functions may be async, and sync ones stay on the fast path. */
export type MaybeAsync = void | Promise<void>;

/** Hands an intermediate record to the engine. Valid during the call that received it. */
export type Emit<K, V> = (key: K, value: V) => void;

/** `map (k1, v1) -> list(k2, v2)`. */
export type MapFunction<K1, V1, K2, V2, P> = (
  key: K1,
  value: V1,
  emit: Emit<K2, V2>,
  context: Context<P>,
) => MaybeAsync;

/** `reduce (k2, list(v2)) -> list(v3)`; `values` is read lazily, once, and only during the call. */
export type ReduceFunction<K2, V2, V3, P> = (
  key: K2,
  values: Iterable<V2>,
  emit: (value: V3) => void,
  context: Context<P>,
) => MaybeAsync;

/**
 * Combines values of one key before they travel: a function of two values, or the reduce form.
 * It must be associative and commutative, and may run any number of times.
 */
export type Combiner<K2, V2, V2In> = ((a: V2, b: V2) => V2In) | GroupCombiner<K2, V2, V2In>;

/** The reduce form of a combiner. */
export interface GroupCombiner<K2, V2, V2In> {
  reduce(key: K2, values: Iterable<V2>, emit: (value: V2In) => void): void;
}

/** A built-in fold of numbers. It is a plain function of two values too, so it can combine. */
export interface NumberFold {
  (a: number, b: number): number;
  readonly builtin: "sum" | "min" | "max";
}

/** A built-in reduce function that passes every value through. */
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
 * Adds the values of a key. As a combiner of `float()` values it is left out, because the order of
 * additions would show in the last digit of the result.
 *
 * @example
 * ```ts
 * defineJob({ ..., combine: sum, reduce: sum })
 * ```
 */
export const sum: NumberFold = fold("sum", (a, b) => a + b);

/** The smallest value of a key; -0 is below 0, and NaN below everything. */
export const min: NumberFold = fold("min", (a, b) => Math.min(a, b));

/** The largest value of a key; 0 is above -0, and NaN above everything. */
export const max: NumberFold = fold("max", (a, b) => Math.max(a, b));

/** Passes every value of a key through, in order: what a sort needs. */
export const identity: Identity = { builtin: "identity" };
