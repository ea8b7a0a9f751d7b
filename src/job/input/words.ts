/**
 * A tokenizer over the bytes of a line, for jobs that read `text({ as: "bytes" })`: words come as
 * views, and no text is made. What a word is made of is told by a table of bytes.
 */

import type { ByteView } from "../../base/byte-view.ts";
import { SheafError } from "../../base/error.ts";
import { lastLine } from "../../base/text-origin.ts";
import { ASCII_WORDS_LINE_MAX, AsciiWords } from "./ascii-words.ts";
import { TextWords } from "./text-words.ts";
import { ViewWords } from "./view-words.ts";

/** Which bytes are part of a word: 1 at each of them, 0 at the others. Made by `wordBytes`. */
export type WordBytes = Uint8Array;

/** Options of `wordBytes`. */
export interface WordBytesOptions {
  /** Whether every byte of every character outside ASCII is part of a word; false unless given. */
  readonly nonAscii?: boolean;
}

/**
 * Makes a table for `words`: the ASCII characters that a pattern matches or that a string lists.
 *
 * @throws SheafError `JOB_INVALID` for a string with characters outside ASCII.
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text, wordBytes, words } from "sheaf";
 *
 * const identifiers = wordBytes(/\w/);
 *
 * // Counts the names in source code.
 * export default defineJob({
 *   input: text({ as: "bytes" }),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const name of words(line, identifiers)) emit(name, 1);
 *   },
 *   combine: sum,
 *   reduce: sum,
 * });
 * ```
 */
export function wordBytes(of: RegExp | string, options: WordBytesOptions = {}): WordBytes {
  const table = new Uint8Array(256);
  if (typeof of === "string") {
    for (const character of of) {
      if (character > "\x7f") {
        throw new SheafError(
          "JOB_INVALID",
          `wordBytes() cannot take "${character}": it lists single bytes, and this character has ` +
            "several in UTF-8. Use { nonAscii: true } for all such characters together.",
        );
      }
      table[character.charCodeAt(0)] = 1;
    }
  } else {
    // Without its flags g and y, which would make each test begin where the last one ended.
    const pattern = new RegExp(of.source, of.flags.replace(/[gy]/g, ""));
    for (let byte = 0; byte < 0x80; byte++) {
      if (pattern.test(String.fromCharCode(byte))) table[byte] = 1;
    }
  }
  if (options.nonAscii === true) table.fill(1, 0x80);
  return table;
}

/**
 * ASCII letters, and every byte of every character outside ASCII. In ASCII text these are the runs
 * of `\p{L}`; elsewhere they also hold characters that are no letters, such as dashes and quotes
 * outside ASCII, because bytes alone do not tell. The table of `words(line)`.
 *
 * @example
 * ```ts
 * import { defineJob, int, letters, string, sum, text, words } from "sheaf";
 *
 * // Counts words; an apostrophe is part of one.
 * const table = letters.slice();
 * table["'".charCodeAt(0)] = 1;
 *
 * export default defineJob({
 *   input: text({ as: "bytes" }),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of words(line, table)) emit(word, 1);
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export const letters: WordBytes = wordBytes(/[a-z]/i, { nonAscii: true });

/**
 * Everything but ASCII white space: space, tab, LF, VT, FF and CR.
 *
 * @example
 * ```ts
 * import { defineJob, int, nonSpace, string, sum, text, words } from "sheaf";
 *
 * export default defineJob({
 *   input: text({ as: "bytes" }),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const field of words(line, nonSpace)) emit(field, 1);
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export const nonSpace: WordBytes = wordBytes(/[^\t\n\v\f\r ]/, { nonAscii: true });

/**
 * The words of a line, in order: its longest runs of bytes of the table.
 *
 * One view is moved from word to word: it is valid until the next one, and `copy()` or `toString()`
 * keeps it. Each call goes over the line by itself, so calls may be nested; what a call gives may
 * be gone over once.
 *
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text, words } from "sheaf";
 *
 * export default defineJob({
 *   input: text({ as: "bytes" }),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of words(line)) emit(word, 1);
 *   },
 *   combine: sum,
 *   reduce: sum,
 * });
 * ```
 */
export function words(line: ByteView, table?: WordBytes): IterableIterator<ByteView>;
/**
 * The words of a string, in order: what `/\p{L}+/gu` matches in it, and several times as fast in ASCII.
 *
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text, words } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, line, emit) {
 *     for (const word of words(line)) emit(word, 1);
 *   },
 *   combine: sum,
 *   reduce: sum,
 * });
 * ```
 */
export function words(line: string): IterableIterator<string>;
export function words(
  line: ByteView | string,
  table: WordBytes = letters,
): IterableIterator<ByteView | string> {
  if (typeof line !== "string") {
    return new ViewWords(line, table) as unknown as IterableIterator<ByteView>;
  }
  if (line === lastLine.value && line.length <= ASCII_WORDS_LINE_MAX) {
    return new AsciiWords(lastLine);
  }
  return new TextWords(line);
}
