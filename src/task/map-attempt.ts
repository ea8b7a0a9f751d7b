/**
 * A map attempt: split -> records -> the user's map -> encoded records -> a map output of R sorted
 * regions. It runs in a slot, with synchronous I/O but where a file is decompressed.
 *
 * What always holds: either it returns a complete map output, or it throws and leaves no file.
 */

import type { ErasedDefinition } from "../job/job.ts";
import { MapOutputCollector } from "../shuffle/map-output-collector.ts";
import { AttemptContext } from "./attempt-context.ts";
import { combineOption, foldsNumbers } from "./combine.ts";
import { emitFactory } from "./emitter.ts";
import { MapLoop } from "./map-loop.ts";
import { openReader } from "./open-reader.ts";
import { partitionFunction } from "./partition.ts";
import type { ProgressCells } from "./progress.ts";
import { blameless } from "./record-failure.ts";
import { RecordGuard } from "./record-guard.ts";
import type { BringRun } from "./run-handover.ts";
import type { Attempted, MapResult, MapTaskSpec } from "./task-spec.ts";

/** What an attempt needs besides its spec: the job as loaded here, and where it shows its progress. */
export interface AttemptEnvironment {
  readonly job: ErasedDefinition;
  readonly params: unknown;
  readonly progress: ProgressCells;
  /** For runs of the step before that may lie on S3. */
  readonly bring?: BringRun;
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
  const reader = openReader(job.input(params), spec.split, environment.bring);
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
