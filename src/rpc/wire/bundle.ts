/**
 * Bundles in messages: named by the SHA-256 of their bytes, in hexadecimal here, and sent in chunks.
 */

import {
  HasBundleRequest,
  HasBundleResponse,
  PutBundleRequest,
} from "../generated/sheaf/v1/job.ts";
import { GetBundleRequest, GetBundleResponse } from "../generated/sheaf/v1/worker.ts";
import { BUNDLE_BYTES_MAX, CHUNK_BYTES_MAX } from "../limits.ts";
import { bytes, count, present, sha256, sha256Bytes } from "./checks.ts";
import { form } from "./form.ts";

/** What a client sends: first the header, then the bytes. */
export type BundlePiece =
  | { readonly kind: "header"; readonly hash: string; readonly sizeBytes: number }
  | { readonly kind: "data"; readonly data: Uint8Array };

export const hasBundleForm = form<string, HasBundleRequest>(
  HasBundleRequest,
  (hash) => ({ sha256: sha256Bytes(hash) }),
  (wire) => sha256("sha256", wire.sha256),
);

export const bundlePresentForm = form<boolean, HasBundleResponse>(
  HasBundleResponse,
  (isPresent) => ({ present: isPresent }),
  (wire) => wire.present,
);

export const bundlePieceForm = form<BundlePiece, PutBundleRequest>(
  PutBundleRequest,
  (piece) => {
    if (piece.kind === "data") return { piece: { $case: "data", value: piece.data } };
    const { hash, sizeBytes } = piece;
    return { piece: { $case: "header", value: { sha256: sha256Bytes(hash), sizeBytes } } };
  },
  (wire) => {
    const piece = present("piece", wire.piece);
    if (piece.$case === "data") return { kind: "data", data: chunkFromWire(piece.value) };
    const { sha256: hash, sizeBytes } = piece.value;
    return {
      kind: "header",
      hash: sha256("header.sha256", hash),
      sizeBytes: count("header.size_bytes", sizeBytes, BUNDLE_BYTES_MAX),
    };
  },
);

export const getBundleForm = form<string, GetBundleRequest>(
  GetBundleRequest,
  (hash) => ({ sha256: sha256Bytes(hash) }),
  (wire) => sha256("sha256", wire.sha256),
);

export const bundleChunkForm = form<Uint8Array, GetBundleResponse>(
  GetBundleResponse,
  (data) => ({ data }),
  (wire) => chunkFromWire(wire.data),
);

/** A chunk of anything: an empty one would only cost time. */
export function chunkFromWire(data: Uint8Array): Uint8Array {
  return bytes("data", data, { least: 1, most: CHUNK_BYTES_MAX });
}
