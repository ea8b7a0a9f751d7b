/**
 * The manifest: `_SUCCESS` in an output says that the output is complete, and of what parts. The
 * bytes of the parts are the same each time; the manifest holds a time and may differ.
 */

import type { Counters } from "./counters.ts";
import { jsonText } from "./json-text.ts";
import type { RawParams } from "./params.ts";
import type { JobResult, Part } from "./report.ts";

/** The manifest's name. What holds one is the output of a job. */
export const SUCCESS_FILE = "_SUCCESS";

/** The facts of a finished job. */
export interface Manifest {
  /** The version of Sheaf that wrote the output. */
  readonly sheaf: string;
  /** The job's name. */
  readonly job: string;
  /** On a cluster, names the run: 16 hexadecimal digits. */
  readonly run?: string;
  /** When it finished, as ISO 8601 in UTC. */
  readonly finished: string;
  /** In the order of their partitions. */
  readonly parts: readonly Part[];
  readonly counters: Counters;
  /** What each run of each step counted, as in `JobResult`. */
  readonly steps: JobResult["steps"];
  readonly skippedRecords: number;
  /** As they were given. */
  readonly params?: RawParams;
}

/** What a manifest is made of. */
export type ManifestFacts = Omit<Manifest, "finished"> & { readonly finishedMs: number };

/** Makes a manifest. Its fields always come in the same order. */
export function buildManifest(facts: ManifestFacts): Manifest {
  const { sheaf, job, run, finishedMs, parts, counters, steps, skippedRecords, params } = facts;
  const finished = new Date(finishedMs).toISOString();
  const names = { sheaf, job, ...(run !== undefined && { run }) };
  const manifest = { ...names, finished, parts, counters, steps, skippedRecords };
  return params === undefined ? manifest : { ...manifest, params };
}

/** The text of a manifest: JSON for people, with a line feed at the end. */
export function manifestText(manifest: Manifest): string {
  // Through `jsonText`, because params from a program may hold bigints, bytes and dates.
  return `${JSON.stringify(JSON.parse(jsonText(manifest)), null, 2)}\n`;
}

/** What a manifest says; undefined for a text that is not one of Sheaf's. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(text) as Partial<Manifest> | null;
    const { sheaf, job, finished, parts, counters, steps, skippedRecords } = manifest ?? {};
    const strings = [sheaf, job, finished].every((field) => typeof field === "string");
    if (!strings || typeof skippedRecords !== "number") return undefined;
    if (typeof counters?.task !== "object" || typeof counters.user !== "object") return undefined;
    if (!Array.isArray(steps)) return undefined;
    return Array.isArray(parts) && parts.every(isPart) ? (manifest as Manifest) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A name that leaves the output is no part's name. On S3 it holds the run's id, because parts of two
 * runs may be there at once, and only the manifest tells which are the output.
 */
export const PART_NAME = /^part-\d{5,}(?:-([0-9a-f]{16}))?(?:\.gz)?$/;

/** The id of the run that wrote the part; undefined where the name holds none. */
export function runOfPart(name: string): string | undefined {
  return PART_NAME.exec(name)?.[1];
}

function isPart(part: Partial<Part> | null): boolean {
  return (
    PART_NAME.test(part?.name ?? "") &&
    Number.isSafeInteger(part?.records) &&
    Number.isSafeInteger(part?.bytes) &&
    /^[0-9a-f]{8}$/.test(part?.crc32 ?? "")
  );
}
