/** Finds the committer for an output: a folder's, or that of S3, which is loaded only where it is used. */

import { isS3Url } from "../s3/s3-url.ts";
import { FolderCommitter } from "./folder-committer.ts";
import type { OutputCommitter, OutputCommitterOptions } from "./output-committer.ts";

/** See the head of this file. @throws SheafError `USAGE` for a URL that names no bucket. */
export async function openCommitter(options: OutputCommitterOptions): Promise<OutputCommitter> {
  if (!isS3Url(options.output)) return new FolderCommitter(options);
  const { S3Committer } = await import("./s3-committer.ts");
  return new S3Committer(options);
}
