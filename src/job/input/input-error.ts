/**
 * The errors of reading input, in one place so that a failure reads the same in every format.
 * Each names the file as a person would open it, and the byte where there is one.
 */

import { getSystemErrorMap } from "node:util";
import { messageOf, SheafError, systemCodeOf } from "../../base/error.ts";
import { INPUT_FILES_MAX } from "../../base/limits.ts";
import { exactSizeInWords } from "../../base/size.ts";
import type { InputFile } from "./input.ts";

/** The system refused: the error for a call on `path` that threw `thrown`. */
export function unreadable(path: string, thrown: unknown): SheafError {
  const code = systemCodeOf(thrown);
  const advice =
    code === "EACCES" || code === "EPERM"
      ? "Give the user who runs the job permission to read it."
      : "Check that it can be opened on this machine, then run the job again.";
  return new SheafError("INPUT_UNREADABLE", `Cannot read ${path}: ${reasonOf(thrown)}. ${advice}`, {
    data: { file: path, systemCode: code },
    cause: thrown,
  });
}

/** Something that is neither a file nor a folder, which may block for ever when it is opened. */
export function notAFile(path: string, kind: string): SheafError {
  return new SheafError(
    "INPUT_UNREADABLE",
    `Cannot read ${path}: it is ${kind}, and a job reads only files. ` +
      "Copy its bytes to a file first.",
    { data: { file: path } },
  );
}

/** More files than a job can read. */
export function tooMany(): SheafError {
  return new SheafError(
    "USAGE",
    `Cannot read more than ${INPUT_FILES_MAX} files in one job. Join small files into larger ones.`,
  );
}

/** A file that Node cannot open, because its name is not text. */
export function misnamed(path: string): SheafError {
  return new SheafError(
    "INPUT_UNREADABLE",
    `Cannot read ${path}: its name is not valid UTF-8. Rename it.`,
    { data: { file: path } },
  );
}

/** A file that went away between planning and reading. */
export function vanished(file: InputFile): SheafError {
  return new SheafError(
    "INPUT_MISSING",
    `Cannot read ${file.path}: it was there when the job was planned and is gone now. ` +
      "Run the job again when nothing moves its input. On a cluster, every machine must see it there.",
    { data: { file: file.path } },
  );
}

/** A file whose size or modification time is no longer as planned. */
export function changed(file: InputFile, sizeBytes: number): SheafError {
  const how =
    sizeBytes === file.sizeBytes
      ? "it was written to"
      : `it had ${exactSizeInWords(file.sizeBytes)} when the job was planned and has ` +
        `${exactSizeInWords(sizeBytes)} now`;
  return new SheafError(
    "INPUT_CHANGED",
    `Cannot trust what was read from ${file.path}: ${how}. ` +
      "Run the job again when nothing writes to its input.",
    { data: { file: file.path, plannedBytes: file.sizeBytes, bytes: sizeBytes } },
  );
}

/** A compressed file that ends too early or fails its own checks. */
export function corrupt(file: InputFile, why: string, cause?: unknown): SheafError {
  return new SheafError(
    "INPUT_CORRUPT",
    `Cannot decompress ${file.path} as ${file.compression}: ${why}. ` +
      "It is cut or damaged: fetch or write it again.",
    { data: { file: file.path }, cause },
  );
}

/** A record that cannot be decoded; `why` completes the sentence, `advice` is one of its own. */
export function recordInvalid(
  file: InputFile,
  what: string,
  offset: number,
  why: string,
  advice: string,
): SheafError {
  return new SheafError(
    "RECORD_INVALID",
    `Cannot read the ${what} at byte ${offset} of ${file.path}: ${why}. ${advice}`,
    { data: { file: file.path, offset } },
  );
}

/** A record over its limit; `option` is what raises the limit. */
export function recordTooLarge(
  file: InputFile,
  what: string,
  offset: number,
  bytesMax: number,
  option: string,
): SheafError {
  return new SheafError(
    "RECORD_TOO_LARGE",
    `Cannot read the ${what} at byte ${offset} of ${file.path}: it is longer than ` +
      `${exactSizeInWords(bytesMax)}. If it is meant to be, raise the limit with ${option}.`,
    { data: { file: file.path, offset, bytesMax } },
  );
}

/** "permission denied (EACCES)". */
function reasonOf(thrown: unknown): string {
  const code = systemCodeOf(thrown);
  if (code === undefined) return messageOf(thrown);
  const errno = (thrown as NodeJS.ErrnoException).errno;
  const words = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return `${words ?? messageOf(thrown)} (${code})`;
}
