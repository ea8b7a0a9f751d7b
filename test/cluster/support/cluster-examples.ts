/**
 * The examples that ship, with small inputs, as jobs for a cluster; and what each puts out on one
 * machine, one task after the other.
 */

import { join, relative } from "node:path";
import type { RunFolder } from "../../integration/support/run-folder.ts";

const EXAMPLES = join(import.meta.dirname, "../../../examples");

/** An example and how it is run. */
export interface ClusterExample {
  readonly name: string;
  /** Below `examples/data`; the text of the test's own folder if undefined. */
  readonly input: string | undefined;
  readonly params: Readonly<Record<string, string>>;
}

export const CLUSTER_EXAMPLES: readonly ClusterExample[] = [
  { name: "word-count", input: undefined, params: {} },
  { name: "grep", input: undefined, params: { pattern: "abc" } },
  { name: "url-access-count", input: "access_log", params: {} },
  { name: "reverse-links", input: "site", params: { base: "https://example.org/" } },
  { name: "term-vector-per-host", input: "pages.ndjson", params: { terms: "3" } },
  { name: "inverted-index", input: undefined, params: {} },
  { name: "sort", input: undefined, params: {} },
  { name: "secondary-sort", input: "weather.txt", params: { top: "3" } },
  { name: "join", input: "shop", params: { left: "customers.tsv" } },
  { name: "top-n", input: undefined, params: {} },
  { name: "tf-idf", input: undefined, params: {} },
  { name: "page-rank", input: "links.txt", params: { iterations: "3" } },
];

/** The job file of an example. */
export function exampleJob({ name }: ClusterExample): string {
  return join(EXAMPLES, `${name}.ts`);
}

/** Where its input is. */
export function exampleInput({ input }: ClusterExample, folder: RunFolder): string {
  return input === undefined ? folder.at("in") : join(EXAMPLES, "data", input);
}

/** Its params as flags. */
export function exampleFlags({ params }: ClusterExample): string[] {
  return Object.entries(params).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
}

/** What it puts out. */
export async function exampleParts(
  example: ClusterExample,
  folder: RunFolder,
): Promise<readonly string[]> {
  const { parts } = await folder.run({
    job: relative(folder.path, exampleJob(example)),
    inputs: [exampleInput(example, folder)],
    params: example.params,
    inline: true,
    splitBytes: 4096,
  });
  return parts;
}
