/**
 * Where a reduce attempt's records go: a part of the job's output, or a run that the next step
 * reads. Both are private to the attempt until its result has won.
 */

import { ByteReader } from "../base/bytes.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { RecordFormatter } from "../job/output/output.ts";
import { RunWriter } from "../shuffle/run-writer.ts";
import { PartWriter } from "./part-writer.ts";
import type { ReduceTaskSpec, Written } from "./task-spec.ts";

/** See the head of this file. */
export interface ReduceSink {
  /** Adds a record, its key and its value in their last form. */
  write(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void;
  finish(): Written;
  discard(): void;
}

/** The sink of an attempt. */
export function openSink(
  spec: Pick<ReduceTaskSpec, "output" | "outputPath">,
  job: ErasedDefinition,
  params: unknown,
): ReduceSink {
  return spec.output === "part"
    ? new PartSink(spec.outputPath, job, params)
    : new StepSink(spec.outputPath);
}

class PartSink implements ReduceSink {
  #records = 0;
  readonly #part: PartWriter;
  readonly #formatter: RecordFormatter;
  readonly #key = new ByteReader();
  readonly #value = new ByteReader();

  constructor(path: string, job: ErasedDefinition, params: unknown) {
    const format = job.output(params);
    this.#formatter = format.formatter({ key: job.key, value: job.result });
    this.#part = new PartWriter(path, format.compression);
  }

  write(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.#key.reset(keyBytes, keyStart, keyEnd);
    this.#value.reset(valueBytes, valueStart, valueEnd);
    const { writer } = this.#part;
    const start = writer.position;
    try {
      this.#formatter.write(writer, this.#key, this.#value);
    } catch (error) {
      // The user's code may catch it and emit something else: no half of a line may stay.
      writer.position = start;
      throw error;
    }
    this.#records++;
    this.#part.flushIfLarge();
  }

  finish(): Written {
    return { kind: "part", part: { ...this.#part.finish(), records: this.#records } };
  }

  discard(): void {
    this.#part.discard();
  }
}

class StepSink implements ReduceSink {
  readonly #run: RunWriter;

  constructor(path: string) {
    this.#run = new RunWriter(path);
  }

  write(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    this.#run.write(keyBytes, keyStart, keyEnd, valueBytes, valueStart, valueEnd, false);
  }

  finish(): Written {
    const region = this.#run.endRegion();
    this.#run.finish();
    return { kind: "step", run: { path: this.#run.path, ...region } };
  }

  discard(): void {
    this.#run.discard();
  }
}
