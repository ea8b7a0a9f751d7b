/**
 * Runs an example as a user does, in every way that must not show in its output: one part and three,
 * threads with tiny splits and the process itself. What comes back is then compared with an oracle.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JobResult, type RawParams, run } from "sheaf";
import { expect } from "vitest";

/** What an example put out with R parts. */
export class ExampleOutput {
  /** R. */
  readonly partitions: number;
  /** The bytes of all parts in a row. */
  readonly bytes: Buffer;
  /** The counters of the example's own. */
  readonly user: Readonly<Record<string, number>>;
  /** Steps that ran, each repetition counted. */
  readonly stepRuns: number;

  constructor(partitions: number, result: JobResult, bytes: Buffer) {
    this.partitions = partitions;
    this.bytes = bytes;
    this.user = result.counters.user;
    this.stepRuns = result.steps.length;
  }

  /** All parts in a row. */
  get text(): string {
    return this.bytes.toString();
  }

  /** The lines of all parts in a row. */
  get lines(): string[] {
    return linesOf(this.text);
  }

  /** The same, sorted by their bytes. */
  get sorted(): string[] {
    return sortedLines(this.lines);
  }
}

const SPLIT_BYTES = 1024;

/**
 * Runs examples/NAME.ts on the inputs with R = 1 and R = 3. Fails unless threads and the process
 * itself give the same bytes, part by part.
 */
export async function runExample(
  name: string,
  inputs: readonly string[],
  params: RawParams = {},
): Promise<ExampleOutput[]> {
  const outputs: ExampleOutput[] = [];
  for (const partitions of [1, 3]) outputs.push(await runWith(partitions, name, inputs, params));
  return outputs;
}

async function runWith(
  partitions: number,
  name: string,
  inputs: readonly string[],
  params: RawParams,
): Promise<ExampleOutput> {
  const job = new URL(`../../../examples/${name}.ts`, import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), "sheaf-example-"));
  try {
    const options = { inputs, params, partitions, splitBytes: SPLIT_BYTES, slots: 2 };
    const threads = await run(job, { ...options, output: join(folder, "threads") });
    const inline = await run(job, { ...options, output: join(folder, "inline"), inline: true });
    const parts = partsOf(threads);
    expect(parts).toHaveLength(partitions);
    expect(parts.map(String)).toEqual(partsOf(inline).map(String));
    expect(Buffer.concat(parts)).toEqual(Buffer.concat(partsOf(inline)));
    expect(threads.counters.user).toEqual(inline.counters.user);
    return new ExampleOutput(partitions, threads, Buffer.concat(parts));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function partsOf(result: JobResult): Buffer[] {
  return result.parts.map(({ name }) => readFileSync(join(result.output, name)));
}

/** The lines of a text, of which each must end in a line feed. */
function linesOf(text: string): string[] {
  if (text === "") return [];
  expect(text.endsWith("\n")).toBe(true);
  return text.slice(0, -1).split("\n");
}

/** Lines sorted by their UTF-8 bytes, as `LC_ALL=C sort` sorts them. */
export function sortedLines(lines: Iterable<string>): string[] {
  return [...lines].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
