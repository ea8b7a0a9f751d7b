/**
 * Bundles on their way in from clients and out to workers, in chunks.
 */

import { SheafError } from "../../base/error.ts";
import { bundleChunks } from "../../rpc/bundle-pieces.ts";
import { BUNDLE_BYTES_MAX } from "../../rpc/limits.ts";
import type { BundlePiece } from "../../rpc/wire/bundle.ts";
import type { BundleFolder } from "../bundle-folder.ts";

/** Throws `NOT_FOUND`. */
export async function* sendBundle(bundles: BundleFolder, hash: string): AsyncGenerator<Uint8Array> {
  yield* bundleChunks(await bundles.read(hash));
}

/** Resolves when it is durable. Throws `MESSAGE_INVALID`, `LIMIT_REACHED` and `NO_SPACE`. */
export async function takeBundle(
  bundles: BundleFolder,
  pieces: AsyncIterable<BundlePiece>,
): Promise<void> {
  let hash: string | undefined;
  let size = 0;
  const chunks: Uint8Array[] = [];
  for await (const piece of pieces) {
    if (piece.kind === "header") {
      if (hash !== undefined) throw new SheafError("MESSAGE_INVALID", "A bundle has one header.");
      hash = piece.hash;
      continue;
    }
    size += piece.data.length;
    if (size > BUNDLE_BYTES_MAX) throw new SheafError("LIMIT_REACHED", "The bundle is too large.");
    chunks.push(piece.data);
  }
  if (hash === undefined)
    throw new SheafError("MESSAGE_INVALID", "A bundle begins with its header.");
  await bundles.add(hash, Buffer.concat(chunks));
}
