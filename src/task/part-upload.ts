/**
 * Uploads the part of an attempt to S3, piece by piece, from the file that the attempt wrote: map and
 * reduce work without waiting, and a disk holds what memory must not. No object comes of it: only
 * the committer finishes an upload, and only the winner's, so whatever a slot does too late or
 * twice is never seen.
 */

import { type FileHandle, open, rm } from "node:fs/promises";
import { assert } from "../base/assert.ts";
import { SheafError } from "../base/error.ts";
import { UPLOAD_PIECE_BYTES, UPLOAD_PIECES_MAX } from "../base/limits.ts";
import { exactSizeInWords } from "../base/size.ts";
import { S3Store } from "../s3/s3-store.ts";
import type { UploadedPiece } from "../s3/s3-uploads.ts";
import { type S3Location, s3Url } from "../s3/s3-url.ts";
import { outputError } from "./output-error.ts";
import type { PartUpload, WrittenPart } from "./task-spec.ts";

/** Pieces under way at once; each has its buffer. */
const PIECES_AT_ONCE = 3;

/** Where a part lies and where it goes. */
export interface PartDelivery {
  readonly outputPath: string;
  readonly upload: S3Location | undefined;
}

/**
 * Uploads the part that an attempt has written, if that is where it goes, and removes the file.
 * `onStep` is told of each piece: a slow line is no standstill.
 *
 * @throws SheafError, and then nothing of it is left.
 */
export async function deliver(
  part: WrittenPart,
  { outputPath, upload }: PartDelivery,
  onStep: () => void,
): Promise<WrittenPart> {
  if (upload === undefined) return part;
  const uploaded = await uploadFile(outputPath, part.bytes, upload, onStep);
  await rm(outputPath, { force: true });
  return { ...part, upload: uploaded };
}

/** Uploads a file of so many bytes, in pieces that are no object yet. @throws SheafError as `deliver`. */
export async function uploadFile(
  path: string,
  bytes: number,
  location: S3Location,
  onStep: () => void,
): Promise<PartUpload> {
  // An empty object has one piece too, an empty one.
  const count = Math.max(1, Math.ceil(bytes / UPLOAD_PIECE_BYTES));
  if (count > UPLOAD_PIECES_MAX) throw tooLarge(location, bytes);
  const store = new S3Store({ role: "write" });
  const begun = await store.uploads.begin(location);
  const { uploadId } = begun;
  try {
    const file = await open(path);
    try {
      const pieces: UploadedPiece[] = new Array(count);
      let next = 0;
      let failed = false;
      const uploader = async (): Promise<void> => {
        const buffer = Buffer.allocUnsafeSlow(Math.min(UPLOAD_PIECE_BYTES, bytes));
        while (next < count && !failed) {
          const index = next++;
          try {
            const body = await readPiece(file, path, buffer, index * UPLOAD_PIECE_BYTES, bytes);
            pieces[index] = await store.uploads.addPiece(location, uploadId, index + 1, body);
          } catch (error) {
            failed = true;
            throw error;
          }
          onStep();
        }
      };
      const uploaders = Array.from({ length: Math.min(PIECES_AT_ONCE, count) }, uploader);
      // All have ended before the file is closed and the upload given up.
      const ended = await Promise.allSettled(uploaders);
      const failure = ended.find((each) => each.status === "rejected");
      if (failure !== undefined) throw failure.reason;
      return { ...begun, pieces };
    } finally {
      await file.close();
    }
  } catch (error) {
    await store.uploads.abort(location, uploadId).catch(() => undefined);
    throw error;
  }
}

async function readPiece(
  file: FileHandle,
  path: string,
  buffer: Buffer,
  start: number,
  fileBytes: number,
): Promise<Buffer> {
  const wanted = Math.min(buffer.length, fileBytes - start);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await file
      .read(buffer, filled, wanted - filled, start + filled)
      .catch((error: unknown) => {
        throw outputError("read", path, error);
      });
    assert(bytesRead > 0, `the part ${path} has the ${fileBytes} bytes that were written`);
    filled += bytesRead;
  }
  return buffer.subarray(0, wanted);
}

function tooLarge(location: S3Location, bytes: number): SheafError {
  const bytesMax = UPLOAD_PIECE_BYTES * UPLOAD_PIECES_MAX;
  return new SheafError(
    "OUTPUT_FAILED",
    `Cannot write ${s3Url(location)}: it has ${exactSizeInWords(bytes)}, and a part on S3 may have ` +
      `${exactSizeInWords(bytesMax)}. Cut the output into more parts, with a larger -R.`,
    { data: { bytes, bytesMax } },
  );
}
