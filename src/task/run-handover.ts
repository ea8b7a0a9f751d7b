/**
 * A run that one step hands to the next by way of S3, where no disk is shared: up from the machine
 * that wrote it, when it is whole, and down to the one that reads it. A run is sorted and merged as a
 * file, by readers that do not wait, so it becomes one again before it is read.
 *
 *     StepSink ─▶ file ─deliverRun─▶ object ─bringRun─▶ file ─▶ RunReader
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { INPUT_BLOCK_BYTES, UPLOAD_PIECE_BYTES } from "../base/limits.ts";
import { ObjectSource } from "../job/input/object-source.ts";
import { S3Store } from "../s3/s3-store.ts";
import { isS3Url, type S3Location } from "../s3/s3-url.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { runWriteError } from "../shuffle/run-error.ts";
import { type PartDelivery, uploadFile } from "./part-upload.ts";
import type { TaskSpec } from "./task-spec.ts";

/** Brings a run to this machine, if it is not here. */
export type BringRun = (run: RunRegion) => Promise<RunRegion>;

/**
 * Uploads the run that an attempt has written, if that is where it goes, and removes the file. Nobody
 * looks for it before the attempt has won, so it may be an object at once. `onStep` is told of each
 * piece.
 */
export async function deliverRun(
  { lengthBytes }: Pick<RunRegion, "lengthBytes">,
  { outputPath, upload }: PartDelivery,
  onStep: () => void,
): Promise<void> {
  if (upload === undefined) return;
  // An empty one is never asked for.
  if (lengthBytes > 0) await uploadRun(outputPath, lengthBytes, upload, onStep);
  await rm(outputPath, { force: true });
}

async function uploadRun(
  path: string,
  bytes: number,
  location: S3Location,
  onStep: () => void,
): Promise<void> {
  const store = new S3Store({ role: "write" });
  if (bytes <= UPLOAD_PIECE_BYTES) {
    await store.write(location, await readFile(path));
    return;
  }
  const { uploadId, pieces } = await uploadFile(path, bytes, location, onStep);
  await store.uploads.finish(location, uploadId, pieces, bytes);
}

/**
 * The run itself where it is a file of this machine; else a copy among the files of an attempt, which
 * its reader removes. `onStep` is told of each block.
 *
 * @throws SheafError what reading S3 may throw; `NO_SPACE` or `OUTPUT_FAILED`.
 */
export async function bringRun(
  run: RunRegion,
  { directory, fileName }: Pick<TaskSpec, "directory" | "fileName">,
  onStep: () => void,
): Promise<RunRegion> {
  if (!isS3Url(run.path)) return run;
  const path = join(directory, `${fileName}.run`);
  await download(run, path, onStep);
  return { ...run, path, offset: 0, copyOf: run.path };
}

/** Copies bytes of an object on S3 into a file; `onStep` is told of each block. */
export async function download(
  { path, offset, lengthBytes }: Pick<RunRegion, "path" | "offset" | "lengthBytes">,
  to: string,
  onStep: () => void,
): Promise<void> {
  const end = offset + lengthBytes;
  // Nobody writes twice under the name of an attempt, so there is no other version to beware of.
  const file = { path, name: path, index: 0, sizeBytes: end, modifiedMs: 0, etag: "" };
  const source = new ObjectSource({ ...file, compression: "none" }, offset, end);
  const block = Buffer.allocUnsafeSlow(Math.min(INPUT_BLOCK_BYTES, lengthBytes));
  try {
    const fd = forWriting(to, () => openSync(to, "w"));
    try {
      while (source.position < end) {
        const count = await source.read(block, 0, Math.min(block.length, end - source.position));
        assert(count > 0, `${path} has the bytes that were planned`);
        forWriting(to, () => writeFully(fd, block, count));
        onStep();
      }
    } finally {
      closeSync(fd);
    }
  } finally {
    source.close();
  }
}

function writeFully(fd: number, block: Buffer, length: number): void {
  for (let done = 0; done < length; ) done += writeSync(fd, block, done, length - done);
}

function forWriting<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw runWriteError(path, error);
  }
}
