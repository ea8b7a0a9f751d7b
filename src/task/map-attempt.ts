/**
 * A map attempt: split -> records -> the user's map -> encoded records -> a map output of R sorted
 * regions. It runs in a slot, with synchronous I/O but where a file is decompressed.
 *
 * What always holds: either it returns a complete map output, or it throws and leaves no file.
 */

import type { RecordOrigin } from "../job/failure.ts";
import type { Emit, MapFunction } from "../job/functions.ts";
import type { RecordReader, Split } from "../job/input/input.ts";
import type { ErasedDefinition } from "../job/job.ts";
import { MapOutputCollector } from "../shuffle/map-output-collector.ts";
import { AttemptContext } from "./attempt-context.ts";
import { combineOption, foldsNumbers } from "./combine.ts";
import { EmitGate } from "./emit-gate.ts";
import { type EmitFactory, emitFactory } from "./emitter.ts";
import { isPromise } from "./is-promise.ts";
import { openReader } from "./open-reader.ts";
import { partitionFunction } from "./partition.ts";
import type { ProgressCells } from "./progress.ts";
import {
  blameless,
  isRecordsFault,
  originOf,
  RecordFailure,
  UndecodableRecord,
} from "./record-failure.ts";
import { RecordGuard } from "./record-guard.ts";
import type { Attempted, MapResult, MapTaskSpec } from "./task-spec.ts";

/** What an attempt needs besides its spec: the job as loaded here, and where it shows its progress. */
export interface AttemptEnvironment {
  readonly job: ErasedDefinition;
  readonly params: unknown;
  readonly progress: ProgressCells;
}

/** Runs a map attempt. Throws `RecordFailure` for what a record caused, and other errors as they are. */
export async function runMapAttempt(
  spec: MapTaskSpec,
  environment: AttemptEnvironment,
): Promise<Attempted<MapResult>> {
  const { job, params, progress } = environment;
  const attempt = { phase: "map", task: spec.task, attempt: spec.attempt } as const;
  const context = new AttemptContext(params, spec.previous, attempt);
  const partitionOf = partitionFunction(job, spec.partitions, spec.boundaries);
  const collector = new MapOutputCollector({
    partitions: spec.partitions,
    memoryBytes: spec.memoryBytes,
    directory: spec.directory,
    fileName: spec.fileName,
    // Numbers that are folded get their partitions together, when they are sorted.
    partitionOf: partitionOf && foldsNumbers(job) ? blameless(partitionOf) : partitionOf,
    combine: combineOption(job),
    onSpill: (spills) => progress.setSpills(spills),
  });
  const reader = openReader(job.input(params), spec.split);
  try {
    const guard = new RecordGuard({ spec, sink: collector, context, partitionOf });
    const loop = new MapLoop({
      split: spec.split,
      reader,
      map: job.map,
      emitThrough: emitFactory(job, guard.guards ? guard : collector),
      context,
      progress,
      guard,
    });
    await loop.run();
    const output = collector.finish();
    const { task } = context;
    task.MAP_INPUT_RECORDS = loop.records;
    task.MAP_INPUT_BYTES = reader.bytesRead;
    task.MAP_SKIPPED_RECORDS = guard.bad.length;
    task.MAP_OUTPUT_RECORDS = collector.outputRecords;
    task.MAP_OUTPUT_BYTES = collector.outputBytes;
    task.MAP_OUTPUT_MATERIALIZED_BYTES = collector.materializedBytes;
    task.COMBINE_INPUT_RECORDS = collector.combineInputRecords;
    task.COMBINE_OUTPUT_RECORDS = collector.combineOutputRecords;
    task.SPILLED_RECORDS = collector.spilledRecords;
    return {
      kind: "map",
      output,
      counters: context.counters(),
      spills: collector.spills,
      bad: guard.bad,
      skipped: guard.refused,
      lastRefused: guard.lastRefused,
    };
  } catch (error) {
    collector.discard();
    throw error;
  } finally {
    reader.close();
  }
}

interface MapLoopParts {
  readonly split: Split;
  readonly reader: RecordReader<unknown, unknown>;
  readonly map: MapFunction<unknown, unknown, unknown, unknown, unknown>;
  readonly emitThrough: EmitFactory;
  readonly context: AttemptContext;
  readonly progress: ProgressCells;
  readonly guard: RecordGuard;
}

/** Calls map for every record. */
class MapLoop {
  records = 0;
  readonly #parts: MapLoopParts;
  #gate = new EmitGate("map");
  #emit: Emit<unknown, unknown>;

  constructor(parts: MapLoopParts) {
    this.#parts = parts;
    this.#emit = parts.emitThrough(this.#gate);
  }

  async run(): Promise<void> {
    const { reader, progress, guard } = this.#parts;
    do {
      progress.setBytes(reader.bytesRead);
      await (guard.guards ? this.#mapGuarded() : this.#mapAll());
      // Not in there: a file that cannot be read is not a record's fault.
    } while (await reader.fill());
  }

  async #mapAll(): Promise<void> {
    try {
      this.#gate.isOpen = true;
      // A map that returns a promise leaves the loop at that record, and comes back for the next.
      for (let waiting = this.#mapAtHand(); waiting !== undefined; waiting = this.#mapAtHand()) {
        await waiting;
        this.#renewGate();
      }
      this.#gate.close();
    } catch (error) {
      this.#gate.close();
      throw isRecordsFault(error) ? this.#failureOf(error) : error;
    }
  }

  /** The error with the record that it occurred at. */
  #failureOf(error: unknown): RecordFailure {
    const ordinal = this.records - 1;
    const origin = this.#origin(ordinal);
    // Map begins with a record as soon as there is one.
    const isDecoded = this.#parts.progress.read().ordinal === ordinal;
    return isDecoded ? new RecordFailure(origin, error) : new UndecodableRecord(origin, error);
  }

  /** What an async map has left running must not emit for the next record. */
  #renewGate(): void {
    this.#gate.close();
    this.#gate = new EmitGate("map");
    this.#emit = this.#parts.emitThrough(this.#gate);
    this.#gate.isOpen = true;
  }

  #origin(ordinal: number): RecordOrigin {
    return originOf(this.#parts.reader, this.#parts.split, ordinal);
  }

  /** The hot loop: every record at hand, until one returns a promise. */
  #mapAtHand(): Promise<void> | undefined {
    const { reader, map, context, progress } = this.#parts;
    const gate = this.#gate;
    const emit = this.#emit;
    let records = this.records;
    try {
      for (;;) {
        // Counted first: a record that cannot be decoded is a record too.
        records++;
        if (!reader.next()) {
          records--;
          return undefined;
        }
        progress.begin(records - 1);
        const result = map(reader.key, reader.value, emit, context);
        if (result !== undefined && isPromise(result)) return result;
        // Shut by a failure of the engine's own, which map has caught.
        if (!gate.isOpen) return undefined;
      }
    } finally {
      this.records = records;
    }
  }

  /** The same with each record's effects held back until it has succeeded. */
  async #mapGuarded(): Promise<void> {
    const { reader, context, progress, guard } = this.#parts;
    for (;;) {
      const ordinal = this.records;
      try {
        this.records++;
        if (!reader.next()) {
          this.records--;
          return;
        }
      } catch (error) {
        // A record that cannot be decoded once cannot be decoded twice.
        progress.begin(ordinal);
        guard.refuse(this.#origin(ordinal), error);
        continue;
      }
      const condemned = guard.condemned(ordinal);
      if (condemned !== undefined) {
        guard.leaveOut(this.#origin(ordinal), condemned);
        continue;
      }
      progress.begin(ordinal);
      await guard.attempt(
        () => this.#mapOne(reader, context),
        () => this.#origin(ordinal),
      );
    }
  }

  async #mapOne(
    { key, value }: RecordReader<unknown, unknown>,
    context: AttemptContext,
  ): Promise<void> {
    this.#gate.isOpen = true;
    try {
      await this.#parts.map(key, value, this.#emit, context);
    } finally {
      this.#renewGate();
      this.#gate.isOpen = false;
    }
  }
}
