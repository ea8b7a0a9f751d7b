/**
 * Leaves out of an input on S3 what is no published output: in a folder with parts of runs, only the
 * parts that its manifest lists count.
 */

import { SheafError } from "../../base/error.ts";
import { MANIFEST_BYTES_MAX } from "../../base/limits.ts";
import type { S3Store, StoredObject } from "../../s3/s3-store.ts";
import { s3Url } from "../../s3/s3-url.ts";
import { type Manifest, parseManifest, runOfPart, SUCCESS_FILE } from "../manifest.ts";
import { inParallel } from "./in-parallel.ts";

const MANIFESTS_AT_ONCE = 16;

/**
 * See the head of this file. `extent` says whether the objects are all that the folders hold: then
 * every part of a manifest must be among them.
 *
 * @throws SheafError `INPUT_MISSING` for a folder with parts and no manifest, `INPUT_CORRUPT` for one
 *   that lacks a part.
 */
export async function onlyPublished(
  store: S3Store,
  bucket: string,
  objects: readonly StoredObject[],
  extent: "all" | "some",
): Promise<readonly StoredObject[]> {
  const folders = new Set<string>();
  for (const { key } of objects) {
    const { folder, name } = split(key);
    if (runOfPart(name) !== undefined) folders.add(folder);
  }
  if (folders.size === 0) return objects;
  const keys = new Set(objects.map(({ key }) => key));
  const published = new Map<string, ReadonlySet<string>>();
  await inParallel([...folders], MANIFESTS_AT_ONCE, async (folder) => {
    const { parts } = await manifestOf(store, bucket, folder);
    const lost = parts.find(({ name }) => !keys.has(folder + name));
    if (lost !== undefined && extent === "all") throw lacks(bucket, folder, lost.name);
    published.set(folder, new Set(parts.map(({ name }) => name)));
  });
  return objects.filter(({ key }) => {
    const { folder, name } = split(key);
    return published.get(folder)?.has(name) ?? true;
  });
}

async function manifestOf(store: S3Store, bucket: string, folder: string): Promise<Manifest> {
  const location = { bucket, key: folder + SUCCESS_FILE };
  const found = await store.read(location, MANIFEST_BYTES_MAX);
  if (found === undefined) {
    throw new SheafError(
      "INPUT_MISSING",
      `There is no complete output in ${s3Url({ bucket, key: folder })}: it holds parts and no ` +
        `${SUCCESS_FILE}. Run the job again that writes it.`,
      { data: { file: s3Url({ bucket, key: folder }) } },
    );
  }
  const manifest = parseManifest(found.text);
  if (manifest !== undefined) return manifest;
  throw new SheafError(
    "INPUT_CORRUPT",
    `Cannot read ${s3Url(location)}: it is not a manifest of Sheaf. Check whether another tool ` +
      "wrote it.",
    { data: { file: s3Url(location) } },
  );
}

function lacks(bucket: string, folder: string, name: string): SheafError {
  return new SheafError(
    "INPUT_CORRUPT",
    `Cannot read the output in ${s3Url({ bucket, key: folder })}: its manifest lists ${name}, which ` +
      "is not there. If a run is replacing that output just now, try again; else write it again.",
    { data: { file: s3Url({ bucket, key: folder + name }) } },
  );
}

function split(key: string): { folder: string; name: string } {
  const slash = key.lastIndexOf("/") + 1;
  return { folder: key.slice(0, slash), name: key.slice(slash) };
}
