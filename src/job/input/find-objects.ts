/**
 * Finds the objects that an input on S3 names, as `find-input-files.ts` does for files: an object, all
 * objects below a prefix, or those that match a glob, by the bytes of their names.
 *
 * What always holds: of the output of a job, what its manifest lists is read and nothing else, so
 * that neither a run that died nor one that is writing there now shows in it.
 */

import { compareUtf8 } from "../../base/compare-utf8.ts";
import { SheafError } from "../../base/error.ts";
import { INPUT_FILES_MAX } from "../../base/limits.ts";
import { planningPolicy } from "../../s3/s3-settings.ts";
import { S3Store, type StoredObject } from "../../s3/s3-store.ts";
import { parseS3Url, type S3Location, s3Url } from "../../s3/s3-url.ts";
import { compressionOf, type InputFile } from "./input.ts";
import { tooMany } from "./input-error.ts";
import { KeyTree } from "./key-tree.ts";
import { isGlob, literalStart, matchGlob, splitGlob } from "./match-glob.ts";
import { onlyPublished } from "./published-parts.ts";
import { isHidden } from "./tree.ts";

/** See the head of this file. `first` is the index of the first file in the job's input. */
export async function findObjects(url: string, first: number): Promise<InputFile[]> {
  const store = new S3Store({ role: "read", policy: planningPolicy() });
  const location = parseS3Url(url);
  const { bucket, key } = location;
  const file = (object: StoredObject, folder: string, index: number): InputFile => ({
    path: s3Url({ bucket, key: object.key }),
    name: object.key.slice(folder.length),
    index: first + index,
    sizeBytes: object.sizeBytes,
    modifiedMs: object.modifiedMs,
    compression: compressionOf(object.key),
    etag: object.etag,
  });
  const one = key === "" || key.endsWith("/") ? undefined : await store.look(location);
  if (one !== undefined) return [file(one, key.slice(0, key.lastIndexOf("/") + 1), 0)];
  const found = isGlob(key)
    ? await objectsOfGlob(store, url, location, first)
    : await objectsBelow(store, url, location, first);
  return found.objects.map((object, index) => file(object, found.folder, index));
}

/** Objects, and the key of the folder that their names are below. */
interface Found {
  readonly objects: readonly StoredObject[];
  readonly folder: string;
}

async function objectsBelow(
  store: S3Store,
  url: string,
  { bucket, key }: S3Location,
  first: number,
): Promise<Found> {
  const folder = key === "" || key.endsWith("/") ? key : `${key}/`;
  const listed = await list(store, { bucket, key: folder }, first);
  const visible = listed.filter((object) => isVisible(object.key.slice(folder.length)));
  const objects = await onlyPublished(store, bucket, visible, "all");
  if (objects.length > 0) return { objects, folder };
  throw new SheafError(
    "INPUT_MISSING",
    listed.length === 0
      ? `Cannot find the input "${url}": no key in the bucket ${bucket} is that or begins with ` +
          `"${folder}". Check the key.`
      : `Cannot find any input in "${url}": it holds no objects ` +
          '(names that begin with "." or "_" do not count).',
    { data: { file: url } },
  );
}

async function objectsOfGlob(
  store: S3Store,
  url: string,
  { bucket, key }: S3Location,
  first: number,
): Promise<Found> {
  const split = splitGlob(key);
  const folder = split.folder === "." ? "" : split.folder;
  const listed = await list(store, { bucket, key: literalStart(key) }, first);
  const byName = new Map(listed.map((object) => [object.key.slice(folder.length), object]));
  const names = await matchGlob(new KeyTree(byName.keys()), split.rest);
  const matched = names.sort(compareUtf8).map((name) => byName.get(name)!);
  const objects = await onlyPublished(store, bucket, matched, "some");
  if (objects.length > 0) return { objects, folder };
  throw new SheafError(
    "INPUT_MISSING",
    `Cannot find any input that matches "${url}". ` +
      'Check the pattern; "*" stays within one folder, "**" goes down.',
    { data: { file: url } },
  );
}

/** The objects below a prefix in the order of their keys; not those that stand for folders. */
async function list(store: S3Store, location: S3Location, first: number): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  for await (const page of store.list(location)) {
    for (const object of page) if (!object.key.endsWith("/")) objects.push(object);
    if (first + objects.length > INPUT_FILES_MAX) throw tooMany();
  }
  return objects.sort((a, b) => compareUtf8(a.key, b.key));
}

function isVisible(name: string): boolean {
  return !name.split("/").some(isHidden);
}
