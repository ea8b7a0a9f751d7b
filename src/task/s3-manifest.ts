/** Reads the manifest of an output on S3. */

import { MANIFEST_BYTES_MAX } from "../base/limits.ts";
import { type Manifest, parseManifest } from "../job/manifest.ts";
import type { S3Store } from "../s3/s3-store.ts";
import type { S3OutputLayout } from "./s3-output-layout.ts";

/** A manifest, and what it takes to replace this one and no other. */
export interface StoredManifest {
  /** Undefined where another tool wrote it. */
  readonly manifest: Manifest | undefined;
  readonly text: string;
  readonly etag: string;
}

/** See the head of this file; undefined where there is none. */
export async function readStoredManifest(
  store: S3Store,
  layout: S3OutputLayout,
): Promise<StoredManifest | undefined> {
  const found = await store.read(layout.manifest, MANIFEST_BYTES_MAX);
  return found === undefined ? undefined : { manifest: parseManifest(found.text), ...found };
}
