/**
 * Paths of inputs and outputs as the machines of a cluster see them: relative ones are below the
 * folder where the command was given, and the masters know no such folder.
 */

import { resolve } from "node:path";
import { isGlob, splitGlob } from "../job/input/match-glob.ts";
import { isS3Url } from "../s3/s3-url.ts";

/** Characters that mean something in a glob. */
const MAGIC = /[\\*?[{(]/g;

/** An input, which may be a glob, as an absolute one that names the same files. */
export function absoluteInput(pattern: string, cwd: string): string {
  if (isS3Url(pattern)) return pattern;
  if (!isGlob(pattern)) return resolve(cwd, pattern);
  const { folder, rest } = splitGlob(pattern);
  const root = resolve(cwd, folder).replace(MAGIC, "\\$&");
  return root.endsWith("/") ? `${root}${rest}` : `${root}/${rest}`;
}

/** An output folder as an absolute one. */
export function absoluteOutput(output: string, cwd: string): string {
  return isS3Url(output) ? output : resolve(cwd, output);
}
