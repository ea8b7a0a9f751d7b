/**
 * The input format of text: a record for each line, with its position as the key.
 */

import type { ByteView } from "../../base/byte-view.ts";
import { LINE_BYTES_MAX } from "../../base/limits.ts";
import { byteCount, checkNames, flag, oneOf, pattern } from "../format-options.ts";
import type { InputFormat, Position } from "./input.ts";
import { LineViewReader } from "./line-view-reader.ts";
import { READING } from "./open-source.ts";
import { TextReader } from "./text-reader.ts";

/** Options of `text()` for lines as strings. */
export interface TextOptions {
  readonly as?: "string";
  /** How the file is encoded; `"utf-8"` unless given. */
  readonly encoding?: "utf-8" | "latin1";
  /**
   * What becomes of a line that is not valid UTF-8: `"error"` (the default) makes it a bad record,
   * `"replace"` puts U+FFFD in place of what is invalid.
   */
  readonly invalid?: "error" | "replace";
  /**
   * A line is all that stands before a LF: a CR and a byte order mark stay in it, as they do for
   * `sort` and `grep`; false unless given.
   */
  readonly exact?: boolean;
  /** Only lines in which it is found are records; all lines are unless given. See {@link text}. */
  readonly matching?: RegExp;
  /** The longest line, in bytes without its ending; 16 MB unless given, 256 MB at the most. */
  readonly lineBytesMax?: number;
}

/** Options of `text()` for lines as views of bytes. */
export interface TextBytesOptions {
  readonly as: "bytes";
  /**
   * A line is all that stands before a LF: a CR and a byte order mark stay in it, as they do for
   * `sort` and `grep`; false unless given.
   */
  readonly exact?: boolean;
  /**
   * Only lines in which it is found are records, once decoded as UTF-8; all lines are unless given.
   * See {@link text}.
   */
  readonly matching?: RegExp;
  /** The longest line, in bytes without its ending; 16 MB unless given, 256 MB at the most. */
  readonly lineBytesMax?: number;
}

/**
 * Reads text: a record for each line, keyed by its position.
 *
 * A line ends with LF or CRLF, which are not part of it; the last one may have no ending. A UTF-8
 * byte order mark at the start of a file is left out, unless the encoding is latin1. With `exact`,
 * only LF ends a line, and all else is part of it. Files ending in `.gz` or `.zst` are
 * decompressed; other files may be cut into splits of any size.
 *
 * With `as: "bytes"` a line is a {@link ByteView} of the block it was read in: no text is made, any
 * byte is allowed, and the view is valid only during the call of `map`.
 *
 * With `matching`, only those lines are records in which the pattern is found: for which
 * `matching.test(line)` is true, each searched from its beginning (with `y`, there alone). They come
 * several times faster than `map` could pick them out where each match holds a fixed text, as those
 * of `/ERROR|FATAL/` and of `/status=5\d\d/` do. Lines that cannot be read are bad records
 * nevertheless: nobody can tell whether they match.
 *
 * A line that a function keeps for longer than its call may keep 64 KiB of text around it in
 * memory.
 *
 * Bad records: `RECORD_INVALID` for a line that is not valid UTF-8, `RECORD_TOO_LARGE` for one
 * longer than `lineBytesMax`.
 *
 * @throws SheafError `JOB_INVALID` for options that do not exist or do not fit together.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text({ encoding: "latin1" }),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of line.split(" ")) emit(word, 1);
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export function text(options?: TextOptions): InputFormat<Position, string>;
export function text(options: TextBytesOptions): InputFormat<Position, ByteView>;
export function text(
  options: TextOptions | TextBytesOptions = {},
): InputFormat<Position, string> | InputFormat<Position, ByteView> {
  const lineBytesMax = byteCount("text()", "lineBytesMax", options.lineBytesMax, LINE_BYTES_MAX);
  const exact = flag("text()", "exact", options.exact);
  const matching = pattern("text()", "matching", options.matching);
  const limitOption = "text({ lineBytesMax })";
  if (oneOf("text()", "as", options.as, ["string", "bytes"]) === "bytes") {
    checkNames('text({ as: "bytes" })', options, ["as", "exact", "matching", "lineBytesMax"]);
    const settings = { exact, matching, lineBytesMax, limitOption };
    return {
      name: 'text({ as: "bytes" })',
      splittable: true,
      picks: matching !== undefined,
      open: (split) => new LineViewReader(split, settings, READING),
    };
  }
  const names = ["as", "encoding", "invalid", "exact", "matching", "lineBytesMax"];
  checkNames("text()", options, names);
  const { encoding, invalid } = options as TextOptions;
  const settings = {
    encoding: oneOf("text()", "encoding", encoding, ["utf-8", "latin1"]),
    invalid: oneOf("text()", "invalid", invalid, ["error", "replace"]),
    exact,
    matching,
    lineBytesMax,
    limitOption,
    invalidAdvice:
      'Read the file with text({ encoding: "latin1" }) if that is what it is, or with ' +
      'text({ invalid: "replace" }).',
  };
  return {
    name: "text()",
    splittable: true,
    picks: matching !== undefined,
    open: (split) => new TextReader(split, settings, READING),
  };
}
