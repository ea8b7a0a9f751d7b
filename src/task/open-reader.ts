/**
 * Opens a split: through the job's input format, or, where the input is another step's output,
 * through the run that the step's reduce tasks wrote.
 */

import { assert } from "../base/assert.ts";
import { ByteReader } from "../base/bytes.ts";
import { show } from "../base/show.ts";
import type { InputFormat, RecordReader, Segment, Split, StepSource } from "../job/input/input.ts";
import { isS3Url } from "../s3/s3-url.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { RunReader } from "../shuffle/run-reader.ts";
import type { BringRun } from "./run-handover.ts";

/** A split's reader; `bring` for runs that lie on S3. */
export function openReader(
  format: InputFormat<unknown, unknown>,
  split: Split,
  bring?: BringRun,
): RecordReader<unknown, unknown> {
  return format.step === undefined ? format.open(split) : new StepReader(format.step, split, bring);
}

/** Reads the records of runs, decoding keys and values with the codecs of the step before. */
class StepReader implements RecordReader<unknown, unknown> {
  key: unknown;
  value: unknown;
  bytesRead = 0;
  readonly position = { path: "", fileIndex: 0, offset: 0 };
  readonly #source: StepSource;
  readonly #split: Split;
  readonly #bring: BringRun | undefined;
  readonly #reader = new ByteReader();
  #segment = -1;
  #run: RunReader | undefined;

  constructor(source: StepSource, split: Split, bring: BringRun | undefined) {
    this.#source = source;
    this.#split = split;
    this.#bring = bring;
  }

  next(): boolean {
    const run = this.#run;
    if (run === undefined || !run.next()) return false;
    this.position.offset++;
    this.#reader.reset(run.keyBytes, run.keyStart, run.keyEnd);
    this.key = this.#source.key.readLast(this.#reader);
    this.#reader.reset(run.valueBytes, run.valueStart, run.valueEnd);
    this.value = this.#source.value.readLast(this.#reader);
    return true;
  }

  fill(): boolean | Promise<boolean> {
    this.close();
    const before = this.#split.segments[this.#segment];
    if (before !== undefined) this.bytesRead += before.end - before.start;
    const segment = this.#split.segments[++this.#segment];
    if (segment === undefined) return false;
    const { file, start, end, run } = segment;
    assert(run !== undefined, "the input of a step is runs");
    const { path } = file;
    const region = { path, offset: start, lengthBytes: end - start, ...run };
    if (!isS3Url(path)) return this.#open(file, region);
    assert(this.#bring !== undefined, "a run on S3 is read where there is room for it");
    return this.#bring(region).then((here) => this.#open(file, here));
  }

  #open(file: Segment["file"], run: RunRegion): true {
    this.#run = new RunReader(run.path, run);
    this.position.path = file.name;
    this.position.fileIndex = file.index;
    // Within a step's output, records are counted: their bytes mean nothing to a person.
    this.position.offset = -1;
    return true;
  }

  excerpt(charsMax: number): string {
    return `${show(this.key, charsMax)} ${show(this.value, charsMax)}`.slice(0, charsMax);
  }

  close(): void {
    this.#run?.close();
    this.#run = undefined;
  }
}
