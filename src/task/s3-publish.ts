/**
 * Writes the manifest of an output on S3, which is the commit: one conditional write that succeeds
 * only if the manifest that it replaces, or the lack of one, is what was seen. Of runs that race, one
 * wins and the others know it.
 */

import { SheafError } from "../base/error.ts";
import { type Manifest, manifestText } from "../job/manifest.ts";
import { isNotImplemented } from "../s3/s3-answer.ts";
import type { S3Store, WriteCondition } from "../s3/s3-store.ts";
import { s3Url } from "../s3/s3-url.ts";
import { readStoredManifest, type StoredManifest } from "./s3-manifest.ts";
import type { S3OutputLayout } from "./s3-output-layout.ts";

/** Runs that overwrite one output may come in between this often. */
const TRIES_MAX = 10;

/** What a publication has come to: where it is an error, the manifest is certainly not there. */
export interface Publication {
  readonly outcome: "published" | SheafError;
  /** The manifest that was there before; its parts have served. */
  readonly replaced?: Manifest | undefined;
}

/**
 * See the head of this file. The outcome is an `OUTPUT_EXISTS` when there is a manifest by now that
 * may not be replaced.
 *
 * @throws SheafError when nobody can say whether the manifest is there.
 */
export async function publishManifest(
  store: S3Store,
  layout: S3OutputLayout,
  manifest: Manifest,
  overwrite: boolean,
): Promise<Publication> {
  const { run } = manifest;
  const text = manifestText(manifest);
  // A write whose answer got lost has done it, or another master of the run's cluster has.
  const isOurs = (found: StoredManifest | undefined) =>
    found?.text === text || (run !== undefined && found?.manifest?.run === run);
  let before = await readStoredManifest(store, layout);
  if (isOurs(before)) return { outcome: "published" };
  for (let tries = 0; tries < TRIES_MAX && (before === undefined || overwrite); tries++) {
    const condition = before === undefined ? ({ absent: true } as const) : { etag: before.etag };
    const failure = await write(store, layout, Buffer.from(text), condition);
    if (failure === undefined) return { outcome: "published", replaced: before?.manifest };
    const after = await readStoredManifest(store, layout);
    if (isOurs(after)) return { outcome: "published", replaced: before?.manifest };
    if (failure !== "refused") return { outcome: failure };
    before = after;
  }
  const outcome = new SheafError(
    "OUTPUT_EXISTS",
    `Cannot put the output in place: ${s3Url(layout.manifest)} was written by another run ` +
      "meanwhile. Run the job again with another output.",
    { data: { path: s3Url(layout.manifest) } },
  );
  return { outcome };
}

/** Undefined where it succeeded; "refused" where the condition does not hold. */
async function write(
  store: S3Store,
  layout: S3OutputLayout,
  body: Buffer,
  condition: WriteCondition,
): Promise<"refused" | SheafError | undefined> {
  try {
    return (await store.write(layout.manifest, body, condition)) ? undefined : "refused";
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    // An endpoint that knows no conditions: the look just before has to do.
    if (condition !== undefined && isNotImplemented(error.cause)) {
      return await write(store, layout, body, undefined);
    }
    return error;
  }
}
