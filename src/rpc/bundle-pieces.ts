/**
 * Bundles cut into pieces for the wire, and put together again.
 */

import { SheafError } from "../base/error.ts";
import { BUNDLE_BYTES_MAX, CHUNK_BYTES_MAX } from "./limits.ts";
import type { BundlePiece } from "./wire/bundle.ts";

/** The bytes of a bundle in chunks. */
export function* bundleChunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES_MAX) {
    yield bytes.subarray(at, at + CHUNK_BYTES_MAX);
  }
}

/** A bundle as it is brought to a master: what it is called, then its chunks. */
export async function* bundlePieces(bytes: Uint8Array, hash: string): AsyncGenerator<BundlePiece> {
  yield { kind: "header", hash, sizeBytes: bytes.length };
  for (const data of bundleChunks(bytes)) yield { kind: "data", data };
}

/** All chunks together. Throws `LIMIT_REACHED` as soon as there are too many. */
export async function joinChunks(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > BUNDLE_BYTES_MAX) throw new SheafError("LIMIT_REACHED", "The bundle is too large.");
    all.push(chunk);
  }
  return Buffer.concat(all, bytes);
}
