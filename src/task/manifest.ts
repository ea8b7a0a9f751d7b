/**
 * The manifest: `_SUCCESS` in an output folder says that the output is complete, and of what parts.
 * The bytes of the parts are the same each time; the manifest holds a time and may differ.
 */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import { INPUT_BLOCK_BYTES } from "../base/limits.ts";
import { exactSizeInWords } from "../base/size.ts";
import type { Counters } from "../job/counters.ts";
import { jsonText } from "../job/json-text.ts";
import type { RawParams } from "../job/params.ts";
import type { JobResult, Part } from "../job/report.ts";
import { SUCCESS_FILE } from "./output-check.ts";

/** The facts of a finished job. */
export interface Manifest {
  /** The version of Sheaf that wrote the output. */
  readonly sheaf: string;
  /** The job's name. */
  readonly job: string;
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
  const { sheaf, job, finishedMs, parts, counters, steps, skippedRecords, params } = facts;
  const finished = new Date(finishedMs).toISOString();
  const manifest = { sheaf, job, finished, parts, counters, steps, skippedRecords };
  return params === undefined ? manifest : { ...manifest, params };
}

/** The text of a manifest: JSON for people, with a line feed at the end. */
export function manifestText(manifest: Manifest): string {
  // Through `jsonText`, because params from a program may hold bigints, bytes and dates.
  return `${JSON.stringify(JSON.parse(jsonText(manifest)), null, 2)}\n`;
}

/**
 * Reads the manifest of an output folder.
 *
 * @throws SheafError `INPUT_MISSING` when there is none, so that the folder holds no complete
 *   output; `INPUT_UNREADABLE`; `INPUT_CORRUPT` when it is not one of Sheaf's.
 */
export function readManifest(folder: string): Manifest {
  const path = join(folder, SUCCESS_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") {
      throw new SheafError("INPUT_UNREADABLE", `Cannot read ${path}: ${messageOf(error)}.`, {
        cause: error,
      });
    }
    throw new SheafError(
      "INPUT_MISSING",
      `There is no complete output in ${folder}: it holds no ${SUCCESS_FILE}. Run the job again.`,
    );
  }
  const manifest = parseManifest(text);
  if (manifest !== undefined) return manifest;
  throw new SheafError(
    "INPUT_CORRUPT",
    `Cannot read ${path}: it is not a manifest of Sheaf. Check whether another tool wrote it.`,
  );
}

function parseManifest(text: string): Manifest | undefined {
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

/** A name that leaves the output folder is no part's name. */
const PART_NAME = /^part-\d{5,}(?:\.gz)?$/;

function isPart(part: Partial<Part> | null): boolean {
  return (
    PART_NAME.test(part?.name ?? "") &&
    Number.isSafeInteger(part?.records) &&
    Number.isSafeInteger(part?.bytes) &&
    /^[0-9a-f]{8}$/.test(part?.crc32 ?? "")
  );
}

/** What a check of an output found. */
export interface OutputVerdict {
  readonly manifest: Manifest;
  /** A sentence for each thing that is wrong; empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Compares the parts of an output with its manifest: names, sizes and checksums. It reads them all.
 *
 * @throws SheafError as `readManifest` does.
 */
export function verifyOutput(folder: string): OutputVerdict {
  const manifest = readManifest(folder);
  const problems: string[] = [];
  for (const part of manifest.parts) {
    const problem = verifyPart(folder, part);
    if (problem !== undefined) problems.push(`${part.name} ${problem}.`);
  }
  const known = new Set(manifest.parts.map((part) => part.name));
  for (const name of readdirSync(folder).sort()) {
    if (PART_NAME.test(name) && !known.has(name)) problems.push(`${name} is not in the manifest.`);
  }
  return { manifest, problems };
}

function verifyPart(folder: string, part: Part): string | undefined {
  try {
    const { bytes, crc } = checksumOf(join(folder, part.name));
    if (bytes !== part.bytes) {
      const said = exactSizeInWords(part.bytes);
      return `has ${exactSizeInWords(bytes)}, and the manifest says ${said}`;
    }
    if (crc !== part.crc32) return `has checksum ${crc}, and the manifest says ${part.crc32}`;
    return undefined;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return "is missing";
    return `cannot be read: ${messageOf(error)}`;
  }
}

function checksumOf(path: string): { bytes: number; crc: string } {
  const block = Buffer.allocUnsafe(INPUT_BLOCK_BYTES);
  const file = openSync(path, "r");
  try {
    let bytes = 0;
    let crc = 0;
    for (;;) {
      const count = readSync(file, block, 0, block.length, null);
      if (count === 0) return { bytes, crc: crc.toString(16).padStart(8, "0") };
      crc = crc32(block.subarray(0, count), crc);
      bytes += count;
    }
  } finally {
    closeSync(file);
  }
}
