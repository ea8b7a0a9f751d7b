/**
 * A reduce attempt: a partition's regions -> merge -> groups of equal keys -> the user's reduce -> a
 * part (or the next step's run). Keys come in increasing order; the values of a key in the order of
 * their map tasks, then of their emission.
 *
 * What always holds: either the whole part stands under the attempt's private name, or none of it.
 */

import { assert } from "../base/assert.ts";
import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { RECORD_EXCERPT_CHARS_MAX } from "../base/limits.ts";
import { show } from "../base/show.ts";
import type { BadRecord, RecordOrigin } from "../job/failure.ts";
import type { ReduceFunction } from "../job/functions.ts";
import type { ErasedDefinition } from "../job/job.ts";
import { GroupedSource } from "../shuffle/group.ts";
import { GroupCounter } from "../shuffle/group-counter.ts";
import { mergeRuns, type RunRegion } from "../shuffle/merge-runs.ts";
import type { RecordSource } from "../shuffle/record-source.ts";
import { AttemptContext } from "./attempt-context.ts";
import { isPromise } from "./is-promise.ts";
import type { AttemptEnvironment } from "./map-attempt.ts";
import { deliver } from "./part-upload.ts";
import { groupEndFunction } from "./partition.ts";
import type { ProgressCells } from "./progress.ts";
import { isRecordsFault, RecordFailure } from "./record-failure.ts";
import { ReduceCall } from "./reduce-call.ts";
import { openSink, type ReduceSink } from "./reduce-sink.ts";
import { type BringRun, deliverRun } from "./run-handover.ts";
import type { Attempted, ReduceResult, ReduceTaskSpec, Written } from "./task-spec.ts";

/** Groups between two looks at how many bytes have been read. */
const BYTES_EVERY_GROUPS = 256;

/** Runs a reduce attempt. Throws `RecordFailure` for what a group caused, other errors as they are. */
export async function runReduceAttempt(
  spec: ReduceTaskSpec,
  environment: AttemptEnvironment,
): Promise<Attempted<ReduceResult>> {
  const { job, params, progress } = environment;
  const attempt = { phase: "reduce", task: spec.task, attempt: spec.attempt } as const;
  const context = new AttemptContext(params, spec.previous, attempt);
  const regions = await here(spec, environment.bring);
  const merged = mergeRuns(regions, {
    memoryBytes: spec.memoryBytes,
    directory: spec.directory,
    fileName: spec.fileName,
  });
  const sink = openSink(spec, job, params);
  try {
    const loop = new ReduceLoop(merged, job, sink, context, progress, spec);
    await loop.run(() => progress.setBytes(merged.bytesRead));
    const written = await delivered(sink.finish(), spec, progress);
    const { task } = context;
    task.SHUFFLED_MAPS = spec.regions.length;
    task.REDUCE_SHUFFLE_BYTES = regions.reduce((sum, region) => sum + region.lengthBytes, 0);
    task.REDUCE_INPUT_GROUPS = loop.groups;
    task.REDUCE_INPUT_RECORDS = loop.records;
    task.REDUCE_SKIPPED_GROUPS = loop.bad.length;
    const { records, bytes } = sizeOf(written);
    task.REDUCE_OUTPUT_RECORDS = records;
    task.REDUCE_OUTPUT_BYTES = bytes;
    task.SPILLED_RECORDS = merged.spilledRecords;
    return {
      kind: "reduce",
      written,
      counters: context.counters(),
      spills: merged.passes,
      bad: loop.bad,
      skipped: 0,
      lastRefused: undefined,
    };
  } catch (error) {
    sink.discard();
    throw error;
  } finally {
    merged.close();
  }
}

/** What belongs elsewhere is uploaded before the attempt has succeeded. */
async function delivered(
  written: Written,
  spec: ReduceTaskSpec,
  progress: ProgressCells,
): Promise<Written> {
  const onStep = () => progress.step();
  if (written.kind === "part") {
    return { kind: "part", part: await deliver(written.part, spec, onStep) };
  }
  await deliverRun(written.run, spec, onStep);
  return written;
}

/** The regions that hold anything, as files of this machine: only a run of another step may be elsewhere. */
async function here(
  { regions, passThrough }: ReduceTaskSpec,
  bring: BringRun | undefined,
): Promise<readonly RunRegion[]> {
  const filled = regions.filter((region) => region.lengthBytes > 0);
  if (!passThrough || bring === undefined) return filled;
  assert(filled.length <= 1, "a partition of a step is one run");
  return Promise.all(filled.map(bring));
}

/** Records and bytes of what was written. */
export function sizeOf(written: Written): { records: number; bytes: number } {
  if (written.kind === "part") return written.part;
  return { records: written.run.records, bytes: written.run.lengthBytes };
}

type HasKey = Pick<RecordSource, "keyBytes" | "keyStart" | "keyEnd">;

/** Calls reduce for every group. */
class ReduceLoop {
  groups = 0;
  #passed = 0;
  readonly bad: BadRecord[] = [];
  readonly #source: RecordSource;
  readonly #cursor: GroupedSource;
  readonly #job: ErasedDefinition;
  readonly #sink: ReduceSink;
  readonly #context: AttemptContext;
  readonly #progress: ProgressCells;
  readonly #spec: ReduceTaskSpec;
  readonly #key = new ByteReader();
  readonly #value = new ByteReader();
  readonly #writer = new ByteWriter(1024);

  constructor(
    source: RecordSource,
    job: ErasedDefinition,
    sink: ReduceSink,
    context: AttemptContext,
    progress: ProgressCells,
    spec: ReduceTaskSpec,
  ) {
    this.#source = source;
    this.#cursor = new GroupedSource(source, groupEndFunction(job.key));
    this.#job = job;
    this.#sink = sink;
    this.#context = context;
    this.#progress = progress;
    this.#spec = spec;
  }

  /** Records read so far. */
  get records(): number {
    return this.#passed + this.#cursor.records;
  }

  async run(everyFewGroups: () => void): Promise<void> {
    const cursor = this.#cursor;
    const condemned = new Map(this.#spec.skip.map(({ ordinal, error }) => [ordinal, error]));
    if (this.#passesThrough()) return this.#passAll(condemned, everyFewGroups);
    const reduceGroup = this.#reducer();
    while (cursor.nextGroup()) {
      const ordinal = this.groups++;
      if (ordinal % BYTES_EVERY_GROUPS === 0) everyFewGroups();
      const error = condemned.size === 0 ? undefined : condemned.get(ordinal);
      if (error !== undefined) {
        this.#leaveOut(ordinal, cursor, error);
        continue;
      }
      this.#progress.begin(ordinal);
      try {
        const waiting = reduceGroup();
        if (waiting !== undefined) await waiting;
      } catch (thrown) {
        throw isRecordsFault(thrown) ? this.#failureAt(ordinal, cursor, thrown) : thrown;
      }
    }
    everyFewGroups();
  }

  /** Whether results are what came: the bytes go straight through. */
  #passesThrough(): boolean {
    const { reduce, value, result } = this.#job;
    const isIdentity = "builtin" in reduce && reduce.builtin === "identity";
    return this.#spec.passThrough || (isIdentity && value === result);
  }

  #reducer(): () => void | Promise<void> {
    const { reduce } = this.#job;
    if (typeof reduce === "function" && !("builtin" in reduce)) return this.#userReducer(reduce);
    const { builtin } = reduce as { builtin: string };
    if (builtin === "identity") return () => this.#recode();
    const fold = reduce as unknown as (a: number, b: number) => number;
    return this.#userReducer((_key, values, emit) => {
      let folded: number | undefined;
      for (const each of values as Iterable<number>) {
        folded = folded === undefined ? each : fold(folded, each);
      }
      emit(folded);
    });
  }

  /** All records as they are. Going group by group would take 15 ns more for each. */
  #passAll(condemned: ReadonlyMap<number, string>, everyFewGroups: () => void): void {
    const source = this.#source;
    const sink = this.#sink;
    const progress = this.#progress;
    const counter = new GroupCounter(groupEndFunction(this.#job.key));
    let isLeftOut = false;
    try {
      while (source.next()) {
        this.#passed++;
        if (counter.note(source)) {
          this.groups = counter.groups;
          const ordinal = this.groups - 1;
          const error = condemned.size === 0 ? undefined : condemned.get(ordinal);
          isLeftOut = error !== undefined;
          if (error === undefined) progress.begin(ordinal);
          else this.#leaveOut(ordinal, source, error);
          if (this.groups % BYTES_EVERY_GROUPS === 0) everyFewGroups();
        } else if (this.#passed % BYTES_EVERY_GROUPS === 0) {
          // A group may have more records than a timeout has time for.
          progress.step();
        }
        if (isLeftOut) continue;
        const { keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd } = source;
        sink.write(keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd);
      }
    } catch (thrown) {
      throw isRecordsFault(thrown) ? this.#failureAt(this.groups - 1, source, thrown) : thrown;
    }
    everyFewGroups();
  }

  /** Leaves out a group that attempts have died of. */
  #leaveOut(ordinal: number, at: HasKey, error: string): void {
    const { task } = this.#spec;
    const record = this.#origin(ordinal, at).excerpt;
    this.bad.push({ phase: "reduce", task, file: "", offset: 0, record, error });
  }

  /** `identity` where the results have a codec of their own. */
  #recode(): void {
    const cursor = this.#cursor;
    const { value, result } = this.#job;
    while (cursor.next()) {
      this.#progress.step();
      this.#value.reset(cursor.valueBytes, cursor.valueStart, cursor.valueEnd);
      this.#writer.position = 0;
      result.writeLast(this.#writer, value.readLast(this.#value));
      const { recordKeyBytes, recordKeyStart, recordKeyEnd } = cursor;
      const { bytes, position } = this.#writer;
      this.#sink.write(recordKeyBytes, recordKeyStart, recordKeyEnd, bytes, 0, position);
    }
  }

  #failureAt(ordinal: number, at: HasKey, thrown: unknown): RecordFailure {
    return new RecordFailure(this.#origin(ordinal, at), thrown);
  }

  #userReducer(
    reduce: ReduceFunction<unknown, unknown, unknown, unknown>,
  ): () => void | Promise<void> {
    const parts = {
      groups: this.#cursor,
      sink: this.#sink,
      job: this.#job,
      progress: this.#progress,
      writer: this.#writer,
    };
    let call = new ReduceCall(parts);
    return () => {
      const key = this.#readKey(this.#cursor);
      const mine = call;
      mine.open();
      let waiting: void | Promise<void>;
      try {
        waiting = reduce(key, mine.values, mine.emit, this.#context);
      } catch (error) {
        mine.close();
        throw error;
      }
      if (!isPromise(waiting)) return mine.close();
      call = new ReduceCall(parts);
      return closeAfter(mine, waiting);
    };
  }

  #readKey({ keyBytes, keyStart, keyEnd }: HasKey): unknown {
    this.#key.reset(keyBytes, keyStart, keyEnd);
    return this.#job.key.readLast(this.#key);
  }

  #origin(ordinal: number, at: HasKey): RecordOrigin {
    let excerpt = "";
    try {
      excerpt = `key ${show(this.#readKey(at), RECORD_EXCERPT_CHARS_MAX)}`;
    } catch {
      // The failure itself is what matters; the key was only to help find it.
    }
    return { ordinal, file: "", offset: 0, excerpt };
  }
}

async function closeAfter(call: ReduceCall, waiting: PromiseLike<unknown>): Promise<void> {
  try {
    await waiting;
  } finally {
    call.close();
  }
}
