/**
 * A job: one map and one reduce with the codecs between them. `defineJob` infers every type from
 * the input format and the codecs, so nothing is annotated twice.
 */

import { SheafError } from "../base/error.ts";
import { nearest } from "../base/suggest.ts";
import type { AnyCodec, Codec, KeyCodec } from "./codec/codec.ts";
import { rememberFile } from "./defined-in.ts";
import type { Combiner, MapFunction, Reducer } from "./functions.ts";
import type { InputFormat } from "./input/input.ts";
import type { OutputFormat } from "./output/output.ts";
import { textOutput } from "./output/text-output.ts";
import type { Schema } from "./params.ts";
import { hash, type Partitioner } from "./partitioner.ts";

/**
 * What `defineJob` takes. No type argument is ever written: they come from `input`, the codecs and
 * `params`.
 *
 * K1, V1: the input's records. K2, V2: the intermediate records, as `reduce` reads them; K2In,
 * V2In: as `emit` accepts them. V3, V3In: the output's values. P: the params.
 */
export interface JobDefinition<K1, V1, K2, K2In, V2, V2In, V3, V3In, P> {
  /** Checks the params; any Standard Schema. Without it, the job takes none. See `Schema`. */
  readonly params?: Schema<unknown, P>;
  /** Where k1 and v1 come from; a function of the params where they decide. */
  readonly input: InputFormat<K1, V1> | ((params: NoInfer<P>) => InputFormat<K1, V1>);
  /** How k2 and v2 travel, and their types. Each part is sorted by k2. */
  readonly intermediate: { readonly key: KeyCodec<K2, K2In>; readonly value: Codec<V2, V2In> };
  /** How v3 is written; the codec of v2 unless given. */
  readonly result?: Codec<V3, V3In>;
  /** Which reduce task, and with it which part, gets a key; `hash()` unless given. */
  readonly partition?: Partitioner<NoInfer<K2>>;
  /** From a record of the input to any number of intermediate records. */
  readonly map: MapFunction<NoInfer<K1>, NoInfer<V1>, NoInfer<K2In>, NoInfer<V2In>, NoInfer<P>>;
  /** Combines values of one key before they travel: less to sort, write and read. */
  readonly combine?: Known<V2In, Combiner<NoInfer<K2>, NoInfer<V2>, NoInfer<V2In>>>;
  /** From the values of a key to any number of results; or `sum`, `min`, `max`, `identity`. */
  readonly reduce: Reducer<NoInfer<K2>, NoInfer<V2>, NoInfer<V3In>, NoInfer<P>>;
  /** How parts are written; `textOutput()` unless given; a function of the params likewise. */
  readonly output?:
    | OutputFormat<NoInfer<K2>, NoInfer<OutputValue<V2, V3>>>
    | ((params: NoInfer<P>) => OutputFormat<NoInfer<K2>, NoInfer<OutputValue<V2, V3>>>);
}

/**
 * T, once V is inferred. A function type that names a type parameter which is still being inferred
 * gives no types to what its literals return, so that `combine: (a, b) => [a[0] + b[0], 1]` would
 * return `number[]` where a tuple is wanted; a conditional type is resolved first.
 */
type Known<V, T> = [V] extends [never] ? T : T;

/**
 * V3 as an output sees it. Without `result`, V3 has nothing to be inferred from but its default,
 * which TypeScript takes too late for the parameters of `textOutput({ line: (key, value) => ...
 * })`.
 */
type OutputValue<V2, V3> = [V3] extends [never] ? V2 : V3;

/**
 * A checked job, frozen: what `defineJob` returns. K1, V1 come in; K2, V3 go out; P are its params.
 */
export interface Job<K1, V1, K2, V3, P> {
  readonly kind: "job";
  /** For the engine. @internal */
  readonly definition: ErasedDefinition;
  /** Never set: carries the types. @internal */
  readonly types?: { readonly input: [K1, V1]; readonly output: [K2, V3]; readonly params: P };
}

/** A definition as the engine sees it: bytes in, bytes out, the types already checked. */
export interface ErasedDefinition {
  readonly params: Schema<unknown, unknown> | undefined;
  readonly input: (params: unknown) => InputFormat<unknown, unknown>;
  readonly key: KeyCodec<unknown>;
  readonly value: Codec<unknown>;
  readonly result: Codec<unknown>;
  readonly partition: Partitioner<unknown>;
  readonly map: MapFunction<unknown, unknown, unknown, unknown, unknown>;
  readonly combine: Combiner<unknown, unknown, unknown> | undefined;
  readonly reduce: Reducer<unknown, unknown, unknown, unknown>;
  readonly output: (params: unknown) => OutputFormat<unknown, unknown>;
}

/** Any job, where its types are of no interest. */
export type AnyJob = Job<unknown, unknown, unknown, unknown, unknown>;

/**
 * Defines a job: one map and one reduce, and what is between them. Make it the default export of a
 * module, and `sheaf run` and `run()` can run it.
 *
 * @throws SheafError `JOB_INVALID` when a field is missing, unknown or of the wrong kind, for
 *   callers whom the compiler did not check.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of line.match(/\p{L}+/gu) ?? []) emit(word, 1);
 *   },
 *   combine: sum,
 *   reduce: sum,
 * });
 * ```
 */
export function defineJob<K1, V1, K2, K2In, V2, V2In, V3 = V2, V3In = V2In, P = unknown>(
  definition: JobDefinition<K1, V1, K2, K2In, V2, V2In, V3, V3In, P>,
): Job<K1, V1, K2, V3, P> {
  checkDefinition(definition);
  const { input, intermediate, output } = definition;
  const value = intermediate.value as Codec<unknown>;
  const erased = {
    params: definition.params,
    input: typeof input === "function" ? input : () => input,
    key: intermediate.key,
    value,
    result: definition.result ?? value,
    partition: definition.partition ?? hash(),
    map: definition.map,
    combine: definition.combine,
    reduce: definition.reduce,
    output: typeof output === "function" ? output : () => output ?? textOutput(),
  };
  // The one place where the types are dropped: below it everything is bytes.
  const job = {
    kind: "job",
    definition: Object.freeze(erased) as unknown as ErasedDefinition,
  } as const;
  return rememberFile(Object.freeze(job), defineJob);
}

const FIELDS = [
  "params",
  "input",
  "intermediate",
  "result",
  "partition",
  "map",
  "combine",
  "reduce",
  "output",
];

/** What the compiler would have said, for jobs that it did not see. */
function checkDefinition(definition: unknown): void {
  if (typeof definition !== "object" || definition === null) {
    throw invalid("defineJob takes an object with input, intermediate, map and reduce.");
  }
  const fields = definition as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (FIELDS.includes(name)) continue;
    const meant = nearest(name, FIELDS);
    const advice =
      meant === undefined ? `The fields are ${FIELDS.join(", ")}.` : `Did you mean "${meant}"?`;
    throw invalid(`"${name}" is not a field of a job. ${advice}`);
  }
  if (fields.params !== undefined && !isSchema(fields.params)) {
    throw invalid('"params" must be a Standard Schema, such as one of valibot or zod.');
  }
  const intermediate = fields.intermediate as { key?: unknown; value?: unknown } | undefined;
  if (!isFormat(fields.input, "open")) {
    throw invalid('"input" must be an input format such as text(), or a function of the params.');
  }
  if (!isCodec(intermediate?.key) || !hasField(intermediate.key, "ordered")) {
    throw invalid(
      '"intermediate.key" must be a codec that keeps order, such as string() or int().',
    );
  }
  if (!isCodec(intermediate?.value)) {
    throw invalid('"intermediate.value" must be a codec, such as int() or json().');
  }
  if (fields.result !== undefined && !isCodec(fields.result)) {
    throw invalid('"result" must be a codec, such as string().');
  }
  if (typeof fields.map !== "function") throw invalid('"map" must be a function.');
  if (typeof fields.reduce !== "function" && !hasField(fields.reduce, "builtin")) {
    throw invalid('"reduce" must be a function, or a built-in such as sum.');
  }
  const combine = fields.combine;
  if (combine !== undefined && typeof combine !== "function" && !hasField(combine, "reduce")) {
    throw invalid('"combine" must be a function of two values, or { reduce(key, values, emit) }.');
  }
  const partition = fields.partition;
  if (partition !== undefined && typeof partition !== "function" && !hasField(partition, "kind")) {
    throw invalid('"partition" must be hash(), range() or a function of (key, R).');
  }
  if (fields.output !== undefined && !isFormat(fields.output, "formatter")) {
    throw invalid(
      '"output" must be an output format such as textOutput(), or a function of the params.',
    );
  }
}

function hasField(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && name in value;
}

function isFormat(value: unknown, method: string): boolean {
  return typeof value === "function" || hasField(value, method);
}

/** The schemas of some libraries are functions. */
function isSchema(value: unknown): boolean {
  return typeof value === "function" ? "~standard" in value : hasField(value, "~standard");
}

function isCodec(value: unknown): value is AnyCodec {
  return hasField(value, "writeLast") && hasField(value, "readLast");
}

function invalid(message: string): SheafError {
  return new SheafError("JOB_INVALID", message);
}
