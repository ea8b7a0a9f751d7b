/**
 * Values of flags, from words to numbers. What is wrong with one is said in one sentence that names
 * the flag and what it takes; a flag that was not given has no value.
 */

import { DURATION_HINT, durationInWords, parseDurationMs } from "../base/duration.ts";
import { SheafError } from "../base/error.ts";
import { grouped } from "../base/numbers.ts";
import { parseSizeBytes, SIZE_HINT, sizeInWords } from "../base/size.ts";

/** The error of a wrong call. */
export function usage(message: string): SheafError {
  return new SheafError("USAGE", message);
}

/** A whole number. Throws `USAGE`. */
export function readCount(
  flag: string,
  words: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (words === undefined) return undefined;
  const count = /^-?\d+$/.test(words) ? Number(words) : Number.NaN;
  if (count >= least && count <= most) return count;
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${grouped(most)}`;
  throw usage(`${flag} takes a whole number ${range}, not "${words}".`);
}

/** A size in bytes. Throws `USAGE`. */
export function readSize(
  flag: string,
  words: string | undefined,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (words === undefined) return undefined;
  const bytes = parseSizeBytes(words);
  if (bytes === undefined) throw usage(`${flag} takes a size, not "${words}": ${SIZE_HINT}.`);
  if (bytes >= least && bytes <= most) return bytes;
  const range =
    most === Number.MAX_SAFE_INTEGER
      ? `of ${sizeInWords(least)} or more`
      : `from ${sizeInWords(least)} to ${sizeInWords(most)}`;
  throw usage(`${flag} takes a size ${range}, not "${words}".`);
}

/** A duration in milliseconds. Throws `USAGE`. */
export function readDuration(
  flag: string,
  words: string | undefined,
  leastMs: number,
  mostMs: number,
): number | undefined {
  if (words === undefined) return undefined;
  const ms = parseDurationMs(words);
  if (ms === undefined) throw usage(`${flag} takes a duration, not "${words}": ${DURATION_HINT}.`);
  if (ms >= leastMs && ms <= mostMs) return ms;
  const range = `from ${durationInWords(leastMs)} to ${durationInWords(mostMs)}`;
  throw usage(`${flag} takes a duration ${range}, not "${words}".`);
}
