/**
 * From a position in a bundle to the user's own file, line and column. The map is parsed when the
 * first error asks, once for each bundle.
 */

import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, isAbsolute, relative } from "node:path";
import type { JobBundle } from "./job-bundle.ts";

/** A place in a source file; line and column count from 1, columns in UTF-16 units. */
export interface SourceLocation {
  /** An absolute path on the machine that bundled the job. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The sources of one bundle. */
export class BundleSources {
  readonly #map: SourceMap;
  readonly #texts = new Map<string, string>();
  readonly #folder: string;

  constructor(bundle: JobBundle) {
    const payload = JSON.parse(bundle.map) as SourceMapPayload;
    this.#map = new SourceMap(payload);
    this.#folder = dirname(bundle.entry);
    for (const [index, file] of payload.sources.entries()) {
      this.#texts.set(file, payload.sourcesContent?.[index] ?? "");
    }
  }

  /** The place that the bundle's line and column (from 1) come from; none for code of esbuild's. */
  locate(line: number, column: number): SourceLocation | undefined {
    const entry = this.#map.findEntry(line - 1, column - 1);
    // Where a line has no mapping, the lookup answers with one of a line before.
    if (!("originalSource" in entry) || entry.generatedLine !== line - 1) return undefined;
    const { originalSource: file, originalLine, originalColumn } = entry;
    if (!isAbsolute(file)) return undefined;
    return { file, line: originalLine + 1, column: originalColumn + 1 };
  }

  /** A source's text; undefined when the bundle does not hold that file. */
  textOf(file: string): string | undefined {
    return this.#texts.get(file);
  }

  /** Every source, by its absolute path. */
  get files(): Iterable<string> {
    return this.#texts.keys();
  }

  /** Whether a file is the user's own, and not below `node_modules` as seen from the job. */
  isOwn(file: string): boolean {
    return isAbsolute(file) && !relative(this.#folder, file).includes("node_modules");
  }
}

const parsed = new WeakMap<JobBundle, BundleSources>();

/** The sources of a bundle, parsed at the first call. */
export function sourcesOf(bundle: JobBundle): BundleSources {
  let sources = parsed.get(bundle);
  if (sources === undefined) {
    sources = new BundleSources(bundle);
    parsed.set(bundle, sources);
  }
  return sources;
}
