/**
 * What makes two answers the same: a digest of the output files, either of their bytes in order, or
 * of their lines in any order. Both stream, so that an answer may be larger than memory.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** Digests the files that hold an answer. */
export type Answer = (files: readonly string[]) => Promise<string>;

/** The concatenated bytes. */
export async function bytesInOrder(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) {
    for await (const block of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
      hash.update(block as Buffer);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

/** The lines, however they are ordered and spread over the files: the sum of their digests. */
export async function linesInAnyOrder(files: readonly string[]): Promise<string> {
  let lines = 0;
  let sum = 0n;
  for (const file of files) {
    const input = createReadStream(file, { encoding: "latin1", highWaterMark: 1024 * 1024 });
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const digest = createHash("sha256").update(line, "latin1").digest();
      sum = BigInt.asUintN(64, sum + digest.readBigUInt64LE());
      lines++;
    }
  }
  return `${lines}-${sum.toString(16).padStart(16, "0")}`;
}
