/**
 * `sheaf/testing`: runs a job on records in memory, in a test of the user's own. It is the
 * sequential executor, the meaning of a job, without files, threads or temporary folders.
 */

import { ByteReader, ByteWriter } from "./base/bytes.ts";
import { SheafError } from "./base/error.ts";
import { show } from "./base/show.ts";
import { nearest } from "./base/suggest.ts";
import { type Counters, countersOfRuns } from "./job/counters.ts";
import type { Position, RecordReader } from "./job/input/input.ts";
import type { Job } from "./job/job.ts";
import { type RawParams, validateParams } from "./job/params.ts";
import type { Pipeline, PipelineStep } from "./job/pipeline.ts";
import { runSequentially } from "./local/sequential.ts";

/**
 * What `testJob` runs a job on. `records`: keys and values. `input`: values alone, such as the lines
 * of a text; their keys are made up, so it is for jobs whose input has positions as keys.
 */
export type TestInput<K1, V1> =
  | (Position extends K1 ? { readonly input: Iterable<V1>; readonly records?: undefined } : never)
  | { readonly records: Iterable<readonly [K1, V1]>; readonly input?: undefined };

/** Options of `testJob`. */
export type TestOptions<K1, V1> = TestInput<K1, V1> & {
  /** The job's params, as `run()` takes them. */
  readonly params?: RawParams;
  /** R; 1 by default, so that the output is sorted as a whole. */
  readonly partitions?: number;
};

/** What `testJob` resolves to. */
export interface TestResult<K, V> {
  /** The output records: partition by partition, in the order of their keys. */
  readonly output: [K, V][];
  /** The output as the job's output format would write it, all parts in a row. */
  readonly text: string;
  /** As those of `JobResult`. */
  readonly counters: Counters;
}

/**
 * Runs a job, or a pipeline, on records in memory: no files, no threads, nothing to clean up. It is
 * what a job means; `sheaf run` puts out the same records. What the job's functions throw is thrown
 * as it is.
 *
 * With `input`, records are numbered as lines of one file named "input" would be: `position.offset`
 * counts them, from 0. A job that reads `files()` needs `records`, whose keys are the paths.
 *
 * @throws SheafError `USAGE` for wrong options and for params that the job's schema refuses,
 *   `VALUE_INVALID` for a key or a value that its codec cannot carry.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { defineJob, int, string, sum, text } from "sheaf";
 * import { testJob } from "sheaf/testing";
 *
 * const wordCount = defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of line.split(" ")) emit(word, 1);
 *   },
 *   reduce: sum,
 * });
 *
 * const { output, text: lines, counters } = await testJob(wordCount, { input: ["a b a", "c"] });
 * assert.deepEqual(output, [["a", 2], ["b", 1], ["c", 1]]);
 * assert.equal(lines, "a\t2\nb\t1\nc\t1\n");
 * assert.equal(counters.task.MAP_INPUT_RECORDS, 2);
 * ```
 */
export async function testJob<K1, V1, K, V, P>(
  job: Job<K1, V1, K, V, P> | Pipeline<K1, V1, K, V, P>,
  options: TestOptions<K1, V1>,
): Promise<TestResult<K, V>> {
  const steps = stepsOf(job);
  checkOptions(options);
  const runs: { readonly step: number; readonly counters: Counters }[] = [];
  let records = inputRecords(options);
  let encoded: EncodedRecord[] = [];
  let params: unknown;
  for (const [index, step] of steps.entries()) {
    const { definition } = step.job;
    params = await validateParams(
      definition.params,
      definition.params === undefined && steps.length > 1 ? {} : (options.params ?? {}),
    );
    const times = typeof step.times === "function" ? step.times(params) : step.times;
    for (let iteration = 1; iteration <= times; iteration++) {
      encoded = [];
      const counters = await runSequentially({
        job: definition,
        params,
        previous: runs.at(-1)?.counters.user ?? {},
        partitions: options.partitions ?? 1,
        boundaries: undefined,
        readers: [new MemoryReader(records)],
        put: (partition, key, value) => encoded.push({ partition, key, value }),
      });
      runs.push({ step: index, counters });
      records = encoded.map(({ key, value }) => {
        return [
          definition.key.readLast(new ByteReader(key)),
          definition.result.readLast(new ByteReader(value)),
        ];
      });
      if (step.until?.({ iteration, params, counters: counters.user }) === true) break;
    }
  }
  const text = formatAll(steps.at(-1)!, params, encoded);
  return { output: records as [K, V][], text, counters: countersOfRuns(runs) };
}

interface EncodedRecord {
  readonly partition: number;
  readonly key: Buffer;
  readonly value: Buffer;
}

const OPTIONS = ["input", "records", "params", "partitions"];

/** What the compiler would have said; but a text is a list of texts to it, too. */
function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw usage("testJob takes options, such as { input: [...] } or { records: [...] }.");
  }
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue;
    const meant = nearest(name, OPTIONS);
    const advice = meant === undefined ? "" : ` Did you mean "${meant}"?`;
    throw usage(`testJob has no option "${name}".${advice}`);
  }
  const { input, records, partitions } = options as Record<string, unknown>;
  if (input === undefined && records === undefined) {
    throw usage(
      "testJob takes input, which is a list of values, or records, a list of [key, value].",
    );
  }
  if (typeof input === "string") {
    const list = `input: [${show(input)}]`;
    throw usage(`testJob takes a list as its input, not one text: ${list}.`);
  }
  for (const [name, list] of Object.entries({ input, records })) {
    const isList = typeof list === "object" && list !== null && Symbol.iterator in list;
    if (list === undefined || isList) continue;
    throw usage(`testJob takes a list as its ${name}, not ${show(list)}.`);
  }
  if (partitions !== undefined && !(Number.isSafeInteger(partitions) && Number(partitions) >= 1)) {
    throw usage(`partitions is ${show(partitions)}; it must be a whole number, 1 or more.`);
  }
}

function usage(message: string): SheafError {
  return new SheafError("USAGE", message);
}

function stepsOf(job: { readonly kind: string } | undefined): readonly PipelineStep[] {
  if (job?.kind === "pipeline")
    return (job as { steps: readonly PipelineStep[] } & typeof job).steps;
  if (job?.kind === "job") return [{ job, times: 1, until: undefined } as unknown as PipelineStep];
  throw new SheafError("JOB_INVALID", "testJob takes what defineJob or pipeline returns.");
}

function inputRecords(
  options: TestInput<unknown, unknown>,
): readonly (readonly [unknown, unknown])[] {
  if (options.records !== undefined) return [...options.records];
  return [...(options.input ?? [])].map((value, offset) => [
    { path: "input", fileIndex: 0, offset },
    value,
  ]);
}

function formatAll(step: PipelineStep, params: unknown, records: readonly EncodedRecord[]): string {
  const { output, key, result } = step.job.definition;
  const formatter = output(params).formatter({ key, value: result });
  const writer = new ByteWriter();
  for (const record of records)
    formatter.write(writer, new ByteReader(record.key), new ByteReader(record.value));
  return Buffer.from(writer.written()).toString("utf8");
}

/** Records in memory, as a reader. */
class MemoryReader implements RecordReader<unknown, unknown> {
  key: unknown;
  value: unknown;
  readonly bytesRead = 0;
  readonly #records: readonly (readonly [unknown, unknown])[];
  #next = 0;

  constructor(records: readonly (readonly [unknown, unknown])[]) {
    this.#records = records;
  }

  get position(): Position {
    return { path: "input", fileIndex: 0, offset: this.#next - 1 };
  }

  fill(): boolean {
    return this.#next < this.#records.length;
  }

  next(): boolean {
    const record = this.#records[this.#next];
    if (record === undefined) return false;
    this.#next++;
    [this.key, this.value] = record;
    return true;
  }

  excerpt(): string {
    return String(this.value);
  }

  close(): void {}
}
