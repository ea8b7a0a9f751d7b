/**
 * The input format of whole files: one record for each file, keyed by its name.
 */

import { FILE_BYTES_MAX } from "../../base/limits.ts";
import { byteCount, checkNames, oneOf } from "../format-options.ts";
import type { InputFormat } from "./input.ts";
import { READING } from "./open-source.ts";
import { BytesOfFile, TextOfFile, WholeFileReader } from "./whole-file-reader.ts";

/** Options of `files()` for files as text. */
export interface FilesOptions {
  readonly as?: "string";
  /** How the files are encoded; `"utf-8"` unless given. */
  readonly encoding?: "utf-8" | "latin1";
  /**
   * What becomes of a file that is not valid UTF-8: `"error"` (the default) makes it a bad record,
   * `"replace"` puts U+FFFD in place of what is invalid.
   */
  readonly invalid?: "error" | "replace";
  /** The largest file, in bytes and decompressed; 64 MB unless given, 256 MB at the most. */
  readonly fileBytesMax?: number;
}

/** Options of `files()` for files as bytes. */
export interface FilesBytesOptions {
  readonly as: "bytes";
  /** The largest file, in bytes and decompressed; 64 MB unless given, 256 MB at the most. */
  readonly fileBytesMax?: number;
}

/**
 * Reads whole files: a record for each, empty ones included, keyed by the file's path below the
 * input folder that was named, with forward slashes (the base name of a file that was named
 * itself).
 *
 * As text, a UTF-8 byte order mark at the start is left out, unless the encoding is latin1. With
 * `as: "bytes"` a file is a `Uint8Array` of its own, which the job may keep. Files ending in `.gz`
 * or `.zst` are decompressed. Small files share a map task.
 *
 * Bad records: `RECORD_INVALID` for a file that is not valid UTF-8, `RECORD_TOO_LARGE` for one
 * larger than `fileBytesMax`.
 *
 * @throws SheafError `JOB_INVALID` for options that do not exist or do not fit together.
 * @example
 * ```ts
 * import { defineJob, files, identity, string } from "sheaf";
 *
 * // From each link of an HTML file to the file.
 * export default defineJob({
 *   input: files(),
 *   intermediate: { key: string(), value: string() },
 *   map(path, html, emit) {
 *     for (const [, href = ""] of html.matchAll(/href="(.*?)"/g)) emit(href, path);
 *   },
 *   reduce: identity,
 * });
 * ```
 */
export function files(options?: FilesOptions): InputFormat<string, string>;
export function files(options: FilesBytesOptions): InputFormat<string, Uint8Array>;
export function files(
  options: FilesOptions | FilesBytesOptions = {},
): InputFormat<string, string> | InputFormat<string, Uint8Array> {
  const bytesMax = byteCount("files()", "fileBytesMax", options.fileBytesMax, FILE_BYTES_MAX);
  if (oneOf("files()", "as", options.as, ["string", "bytes"]) === "bytes") {
    checkNames('files({ as: "bytes" })', options, ["as", "fileBytesMax"]);
    return {
      name: 'files({ as: "bytes" })',
      splittable: false,
      open: (split) => new WholeFileReader(split, new BytesOfFile(), bytesMax, READING),
    };
  }
  checkNames("files()", options, ["as", "encoding", "invalid", "fileBytesMax"]);
  const { encoding, invalid } = options as FilesOptions;
  const decoder = new TextOfFile(
    oneOf("files()", "encoding", encoding, ["utf-8", "latin1"]),
    oneOf("files()", "invalid", invalid, ["error", "replace"]),
  );
  return {
    name: "files()",
    splittable: false,
    open: (split) => new WholeFileReader(split, decoder, bytesMax, READING),
  };
}
