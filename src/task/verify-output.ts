/**
 * Reads the manifest of an output folder, and checks the folder by it.
 */

import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { messageOf, SheafError, systemCodeOf } from "../base/error.ts";
import { INPUT_BLOCK_BYTES } from "../base/limits.ts";
import { exactSizeInWords } from "../base/size.ts";
import { type Manifest, PART_NAME, parseManifest, SUCCESS_FILE } from "../job/manifest.ts";
import type { Part } from "../job/report.ts";

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
