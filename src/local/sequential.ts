/**
 * The sequential executor: what a job means, in the plainest code. Every record in input order
 * through map, everything kept in memory, every key in increasing order through reduce. It shares the
 * codecs and formats with the engine, and nothing of its shuffle: no combiner, no spill, no merge.
 * `--inline` runs it for a debugger, `sheaf/testing` for tests, and it is the oracle of all others.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { hashBytes } from "../base/hash.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../base/limits.ts";
import type { AnyCodec, KeyCodec } from "../job/codec/codec.ts";
import { type Counters, sumCounters } from "../job/counters.ts";
import type { RecordReader } from "../job/input/input.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { ValueCursor } from "../shuffle/combine-option.ts";
import { AttemptContext } from "../task/attempt-context.ts";
import { withAll } from "../task/emit-all.ts";
import { EmitGate } from "../task/emit-gate.ts";
import { keyTooLarge, valueTooLarge } from "../task/emitted-size.ts";
import { groupEndFunction, partitionFunction } from "../task/partition.ts";
import { LazyValues } from "../task/values.ts";

/**
 * What one partition has been given: encoded values by their encoded key, in the order in which they
 * were emitted. Bytes stand as strings, one character of latin1 for each: a Map finds such keys,
 * `sort()` orders them as bytes, and many short ones take little memory.
 */
type Partition = Map<string, string[]>;

/** A key, and all that was emitted with it. */
interface Entry {
  readonly key: string;
  readonly values: readonly string[];
}

/** What a step is run on. */
export interface SequentialStep {
  readonly job: ErasedDefinition;
  readonly params: unknown;
  readonly previous: Readonly<Record<string, number>>;
  readonly partitions: number;
  readonly boundaries: readonly Uint8Array[] | undefined;
  /** The readers of all splits, in order; each is closed when it has been read. */
  readonly readers: Iterable<RecordReader<unknown, unknown>>;
  /** Told where the user's code is, so that an error can name its record. */
  readonly at?: (place: SequentialPlace) => void;
  /** Gives the user's code its turns; without one it has a single long one. */
  readonly turn?: Turn;
  /** Takes the output: the partition, and an encoded record. */
  readonly put: (partition: number, key: Buffer, value: Buffer) => void;
}

/**
 * A turn of the user's code: `calls` makes one call after the other until there is no other, and
 * returns false; until `isOver`; or until one is to be awaited, and returns its promise.
 */
export type Turn = (calls: (isOver: () => boolean) => Calls) => Promise<unknown> | Calls;
export type Calls = Promise<void> | undefined | false;

/** Which record or key the user's code is working on. */
export type SequentialPlace =
  | { readonly phase: "map"; readonly reader: RecordReader<unknown, unknown> }
  | { readonly phase: "reduce"; readonly key: unknown };

/** Runs one step and returns its counters. Errors of the user's code come through as they are. */
export async function runSequentially(step: SequentialStep): Promise<Counters> {
  const mapContext = contextOf(step, "map", 0);
  const partitions = await mapAll(step, mapContext);
  const counters = [mapContext.counters()];
  for (const [index, partition] of partitions.entries()) {
    const context = contextOf(step, "reduce", index);
    await reducePartition(step, context, index, partition);
    counters.push(context.counters());
  }
  return sumCounters(counters);
}

function contextOf(step: SequentialStep, phase: "map" | "reduce", task: number): AttemptContext {
  return new AttemptContext(step.params, step.previous, { phase, task, attempt: 0 });
}

async function mapAll(step: SequentialStep, context: AttemptContext): Promise<Partition[]> {
  const { job } = step;
  const partitions = Array.from({ length: step.partitions }, (): Partition => new Map());
  const partitionOf =
    partitionFunction(job, step.partitions, step.boundaries) ??
    ((bytes, start, end) => (hashBytes(bytes, start, end) >>> 0) % step.partitions);
  const put = (keyIn: unknown, valueIn: unknown): void => {
    const key = encode(job.key, keyIn);
    if (key.length > KEY_BYTES_MAX) throw keyTooLarge(key.length);
    const value = encode(job.value, valueIn);
    if (value.length > VALUE_BYTES_MAX) throw valueTooLarge(value.length);
    context.task.MAP_OUTPUT_RECORDS++;
    context.task.MAP_OUTPUT_BYTES += key.length + value.length;
    const partition = partitions[partitionOf(bytesOf(key), 0, key.length)]!;
    const values = partition.get(key);
    if (values === undefined) partition.set(key, [value]);
    else values.push(value);
  };
  for (const reader of step.readers) {
    try {
      while (await reader.fill()) {
        await callAll(step, () => {
          if (!nextRecord(step, reader)) return false;
          context.task.MAP_INPUT_RECORDS++;
          step.at?.({ phase: "map", reader });
          const gate = new EmitGate("map");
          const emit = withAll(gate.through(put));
          return gate.during(() => job.map(reader.key, reader.value, emit, context));
        });
      }
      context.task.MAP_INPUT_BYTES += reader.bytesRead;
    } finally {
      reader.close();
    }
  }
  return partitions;
}

/** Calls until it is told false, and waits where it is given something to wait for. */
async function callAll(step: SequentialStep, call: () => Calls): Promise<void> {
  const calls = (isOver: () => boolean): Calls => {
    let returned: Calls;
    do returned = call();
    while (returned === undefined && !isOver());
    return returned;
  };
  const turn: Turn = step.turn ?? (() => calls(() => false));
  while ((await turn(calls)) !== false);
}

function nextRecord(step: SequentialStep, reader: RecordReader<unknown, unknown>): boolean {
  try {
    return reader.next();
  } catch (error) {
    step.at?.({ phase: "map", reader });
    throw error;
  }
}

async function reducePartition(
  step: SequentialStep,
  context: AttemptContext,
  index: number,
  partition: Partition,
): Promise<void> {
  const { job } = step;
  const groups = groupsOf(partition, job.key);
  await callAll(step, () => {
    const { value: group } = groups.next();
    if (group === undefined) return false;
    const key = decode(job.key, group[0]!.key);
    step.at?.({ phase: "reduce", key });
    context.task.REDUCE_INPUT_GROUPS++;
    for (const { values } of group) context.task.REDUCE_INPUT_RECORDS += values.length;
    return reduceGroup(job, key, group, context, (keyOut, valueOut) => {
      context.task.REDUCE_OUTPUT_RECORDS++;
      step.put(index, bytesOf(keyOut), bytesOf(encode(job.result, valueOut)));
    });
  });
}

/** The entries of a partition in the order of their keys, those of one group together. */
function* groupsOf(partition: Partition, codec: KeyCodec<unknown>): Generator<Entry[], undefined> {
  const groupEnd = groupEndFunction(codec);
  const prefixOf = (key: string): string =>
    groupEnd === undefined ? key : key.slice(0, groupEnd(bytesOf(key), 0, key.length));
  let group: Entry[] = [];
  let prefix = "";
  for (const key of [...partition.keys()].sort()) {
    if (group.length > 0 && prefixOf(key) !== prefix) {
      yield group;
      group = [];
    }
    prefix = prefixOf(key);
    group.push({ key, values: partition.get(key)! });
  }
  if (group.length > 0) yield group;
  return undefined;
}

function reduceGroup(
  job: ErasedDefinition,
  key: unknown,
  group: readonly Entry[],
  context: AttemptContext,
  put: (keyOut: string, value: unknown) => void,
): Promise<void> | undefined {
  const { reduce, value: codec } = job;
  const first = group[0]!.key;
  if (typeof reduce === "function" && !("builtin" in reduce)) {
    const values = new LazyValues(new GroupCursor(group), codec);
    const gate = new EmitGate("reduce");
    const emit = gate.through((value: unknown) => put(first, value));
    values.open();
    const waiting = gate.during(() => reduce(key, values, emit, context));
    if (waiting !== undefined) return waiting.then(() => values.close());
    values.close();
    return undefined;
  }
  if ((reduce as { builtin: string }).builtin === "identity") {
    for (const { key: own, value } of recordsOf(group)) put(own, decode(codec, value));
  } else {
    const fold = reduce as unknown as (a: number, b: number) => number;
    let folded: number | undefined;
    for (const { value } of recordsOf(group)) {
      const number = decode(codec, value) as number;
      folded = folded === undefined ? number : fold(folded, number);
    }
    put(first, folded);
  }
  return undefined;
}

function* recordsOf(group: readonly Entry[]): Generator<{ key: string; value: string }> {
  for (const { key, values } of group) for (const value of values) yield { key, value };
}

/** The values of a group, to be read once as in the engine: what works here must work there. */
class GroupCursor implements ValueCursor {
  valueBytes: Buffer = Buffer.alloc(0);
  readonly valueStart = 0;
  readonly #records: Iterator<{ readonly value: string }>;

  constructor(group: readonly Entry[]) {
    this.#records = recordsOf(group);
  }

  get valueEnd(): number {
    return this.valueBytes.length;
  }

  next(): boolean {
    const next = this.#records.next();
    if (next.done !== true) this.valueBytes = bytesOf(next.value.value);
    return next.done !== true;
  }
}

const writer = new ByteWriter();

function encode(codec: AnyCodec, value: unknown): string {
  writer.position = 0;
  codec.writeLast(writer, value as never);
  return writer.bytes.toString("latin1", 0, writer.position);
}

function decode(codec: AnyCodec, bytes: string): unknown {
  return codec.readLast(new ByteReader(bytesOf(bytes)));
}

function bytesOf(bytes: string): Buffer {
  return Buffer.from(bytes, "latin1");
}
