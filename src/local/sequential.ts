/**
 * The sequential executor: what a job means, in the plainest code. Every record in input order
 * through map, everything kept in memory, every key in increasing order through reduce. It shares the
 * codecs and formats with the engine, and nothing of its shuffle: no combiner, no spill, no merge.
 * `--inline` runs it for a debugger, `sheaf/testing` for tests, and it is the oracle of all others.
 */

import { ByteReader, ByteWriter, compareBytes } from "../base/bytes.ts";
import { hashBytes } from "../base/hash.ts";
import type { Counters } from "../job/counters.ts";
import type { RecordReader } from "../job/input/input.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { ValueCursor } from "../shuffle/combine-option.ts";
import { AttemptContext } from "../task/attempt-context.ts";
import { withAll } from "../task/emit-all.ts";
import { EmitGate } from "../task/emit-gate.ts";
import { groupEndFunction, partitionFunction } from "../task/partition.ts";
import { LazyValues } from "../task/values.ts";

/** Encoded records of one partition. */
interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly groupEnd: number;
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
  /** Called after each record and group; what it returns is awaited, so that signals get a turn. */
  readonly pause?: () => Promise<void> | undefined;
  /** Takes the output: the partition, and an encoded record. */
  readonly put: (partition: number, key: Buffer, value: Buffer) => void;
}

/** Which record or key the user's code is working on. */
export type SequentialPlace =
  | { readonly phase: "map"; readonly reader: RecordReader<unknown, unknown> }
  | { readonly phase: "reduce"; readonly key: unknown };

/** Runs one step and returns its counters. Errors of the user's code come through as they are. */
export async function runSequentially(step: SequentialStep): Promise<Counters> {
  const context = new AttemptContext(step.params, step.previous, {
    phase: "map",
    task: 0,
    attempt: 0,
  });
  const partitions = await mapAll(step, context);
  for (const [index, records] of partitions.entries())
    await reducePartition(step, context, index, records);
  return context.counters();
}

async function mapAll(step: SequentialStep, context: AttemptContext): Promise<EncodedRecord[][]> {
  const { job } = step;
  const partitions: EncodedRecord[][] = Array.from({ length: step.partitions }, () => []);
  const partitionOf =
    partitionFunction(job, step.partitions, step.boundaries) ??
    ((bytes, start, end) => (hashBytes(bytes, start, end) >>> 0) % step.partitions);
  const groupEnd = groupEndFunction(job.key);
  const put = (keyIn: unknown, valueIn: unknown): void => {
    const key = encode((writer) => job.key.writeLast(writer, keyIn));
    const value = encode((writer) => job.value.writeLast(writer, valueIn));
    context.task.MAP_OUTPUT_RECORDS++;
    context.task.MAP_OUTPUT_BYTES += key.length + value.length;
    partitions[partitionOf(key, 0, key.length)]!.push({
      key,
      value,
      groupEnd: groupEnd?.(key, 0, key.length) ?? key.length,
    });
  };
  for (const reader of step.readers) {
    try {
      while (await reader.fill()) {
        while (nextRecord(step, reader)) {
          context.task.MAP_INPUT_RECORDS++;
          step.at?.({ phase: "map", reader });
          const gate = new EmitGate("map");
          const emit = withAll(gate.through(put));
          await gate.during(() => job.map(reader.key, reader.value, emit, context));
          await step.pause?.();
        }
      }
      context.task.MAP_INPUT_BYTES += reader.bytesRead;
    } finally {
      reader.close();
    }
  }
  return partitions;
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
  records: EncodedRecord[],
): Promise<void> {
  const { job } = step;
  // The sort is stable: values of a key stay in the order in which they were emitted.
  records.sort((a, b) => compareBytes(a.key, 0, a.key.length, b.key, 0, b.key.length));
  for (let start = 0; start < records.length; ) {
    const first = records[start]!;
    let end = start + 1;
    while (end < records.length && sameGroup(first, records[end]!)) end++;
    const group = records.slice(start, end);
    const key = job.key.readLast(new ByteReader(first.key));
    step.at?.({ phase: "reduce", key });
    context.task.REDUCE_INPUT_GROUPS++;
    context.task.REDUCE_INPUT_RECORDS += group.length;
    await reduceGroup(job, key, group, context, (value, of = first) => {
      context.task.REDUCE_OUTPUT_RECORDS++;
      step.put(
        index,
        of.key,
        encode((writer) => job.result.writeLast(writer, value)),
      );
    });
    await step.pause?.();
    start = end;
  }
}

function sameGroup(a: EncodedRecord, b: EncodedRecord): boolean {
  return compareBytes(a.key, 0, a.groupEnd, b.key, 0, b.groupEnd) === 0;
}

async function reduceGroup(
  job: ErasedDefinition,
  key: unknown,
  group: readonly EncodedRecord[],
  context: AttemptContext,
  put: (value: unknown, of?: EncodedRecord) => void,
): Promise<void> {
  const decode = (record: EncodedRecord): unknown =>
    job.value.readLast(new ByteReader(record.value));
  const { reduce } = job;
  if (typeof reduce === "function" && !("builtin" in reduce)) {
    const values = new LazyValues(new GroupCursor(group), job.value);
    const gate = new EmitGate("reduce");
    const emit = gate.through((value: unknown) => put(value));
    values.open();
    await gate.during(() => reduce(key, values, emit, context));
    values.close();
  } else if ((reduce as { builtin: string }).builtin === "identity") {
    for (const record of group) put(decode(record), record);
  } else {
    const fold = reduce as unknown as (a: number, b: number) => number;
    put((group.map(decode) as number[]).reduce(fold));
  }
}

/** The values of a group, to be read once as in the engine: what works here must work there. */
class GroupCursor implements ValueCursor {
  valueBytes: Buffer = Buffer.alloc(0);
  readonly valueStart = 0;
  #next = 0;
  readonly #group: readonly EncodedRecord[];

  constructor(group: readonly EncodedRecord[]) {
    this.#group = group;
  }

  get valueEnd(): number {
    return this.valueBytes.length;
  }

  next(): boolean {
    const record = this.#group[this.#next++];
    if (record !== undefined) this.valueBytes = record.value;
    return record !== undefined;
  }
}

function encode(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(64);
  write(writer);
  return writer.bytes.subarray(0, writer.position);
}
