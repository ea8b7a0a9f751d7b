/**
 * What must not become an output on S3, found out before the first task runs: a prefix that holds
 * data. Not even `--overwrite` removes what no run of Sheaf has written.
 */

import { SheafError } from "../base/error.ts";
import type { S3Store } from "../s3/s3-store.ts";
import { isS3Url, parseS3Url } from "../s3/s3-url.ts";
import { readStoredManifest } from "./s3-manifest.ts";
import type { S3OutputLayout } from "./s3-output-layout.ts";

/** What is asked about an output. */
export interface S3OutputQuestion {
  /** As messages show it. */
  readonly shown: string;
  readonly overwrite: boolean;
  readonly inputs: readonly string[];
}

/** @throws SheafError `USAGE` or `OUTPUT_EXISTS` when the job must not write there. */
export async function checkS3Output(
  store: S3Store,
  layout: S3OutputLayout,
  { shown, overwrite, inputs }: S3OutputQuestion,
): Promise<void> {
  const input = inputs.find((path) => isBelow(layout, path));
  if (input !== undefined) {
    throw new SheafError(
      "USAGE",
      `Cannot write to ${shown}: it holds the input ${input}, which would be lost. ` +
        "Choose another output.",
    );
  }
  for await (const page of store.list(layout.at(""))) {
    const foreign = page.find(({ key }) => layout.entryOf(key).kind === "foreign");
    if (foreign === undefined) continue;
    throw exists(
      `The output ${shown} holds data that is no output of a job ` +
        `(${layout.nameOf(foreign.key)}). ` +
        "Choose another prefix, or remove it; --overwrite replaces only outputs.",
      shown,
    );
  }
  const found = await readStoredManifest(store, layout);
  if (found === undefined) return;
  if (found.manifest === undefined) {
    throw exists(
      `The output ${shown} holds a _SUCCESS that another tool has written. Choose another prefix, ` +
        "or remove what is there; --overwrite replaces only outputs.",
      shown,
    );
  }
  if (overwrite) return;
  throw exists(
    `The output ${shown} holds data: ${found.manifest.parts.length} parts of a run of ` +
      `${found.manifest.job}. Choose another, or pass --overwrite to replace it when the job succeeds.`,
    shown,
  );
}

function isBelow(layout: S3OutputLayout, path: string): boolean {
  if (!isS3Url(path)) return false;
  const { bucket, key } = parseS3Url(path);
  return bucket === layout.bucket && key.startsWith(layout.prefix);
}

function exists(message: string, path: string): SheafError {
  return new SheafError("OUTPUT_EXISTS", message, { data: { path } });
}
