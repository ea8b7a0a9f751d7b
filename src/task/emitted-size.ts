/**
 * What `emit` says of keys and values that are too large, in every executor.
 */

import { SheafError } from "../base/error.ts";
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from "../base/limits.ts";
import { exactSizeInWords } from "../base/size.ts";

/** For a key of more than `KEY_BYTES_MAX` bytes. */
export function keyTooLarge(bytes: number): SheafError {
  return new SheafError(
    "RECORD_TOO_LARGE",
    `emit() was given a key of ${exactSizeInWords(bytes)}; the limit is ` +
      `${exactSizeInWords(KEY_BYTES_MAX)}. Emit a hash or a prefix of it as the key, and the rest ` +
      "as the value.",
  );
}

/** For a value of more than `VALUE_BYTES_MAX` bytes. */
export function valueTooLarge(bytes: number): SheafError {
  return new SheafError(
    "RECORD_TOO_LARGE",
    `emit() was given a value of ${exactSizeInWords(bytes)}; the limit is ` +
      `${exactSizeInWords(VALUE_BYTES_MAX)}. Emit it in pieces.`,
  );
}
