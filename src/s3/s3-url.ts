/**
 * Names of objects as people write them, `s3://bucket/key`: the key stands as it is, without any
 * encoding, as in the command line of AWS.
 */

import { SheafError } from "../base/error.ts";

const SCHEME = "s3://";

/** An object, or a prefix of keys. */
export interface S3Location {
  readonly bucket: string;
  /** The empty one is the whole bucket. */
  readonly key: string;
}

/** Whether an input or an output lies on S3. */
export function isS3Url(words: string): boolean {
  return words.startsWith(SCHEME);
}

/** Takes a URL apart. @throws SheafError `USAGE` for one that names no bucket. */
export function parseS3Url(url: string): S3Location {
  const rest = url.slice(SCHEME.length);
  const slash = rest.indexOf("/");
  const bucket = slash === -1 ? rest : rest.slice(0, slash);
  const key = slash === -1 ? "" : rest.slice(slash + 1);
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) return { bucket, key };
  throw new SheafError(
    "USAGE",
    `Cannot use "${url}": ${bucket === "" ? "it names no bucket" : `"${bucket}" is no name of a bucket`}. ` +
      "Write s3://BUCKET/KEY.",
  );
}

/** The URL of an object or a prefix. */
export function s3Url({ bucket, key }: S3Location): string {
  return `${SCHEME}${bucket}/${key}`;
}
