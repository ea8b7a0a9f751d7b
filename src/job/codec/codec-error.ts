/**
 * The two ways in which a codec fails: a value that it cannot carry (the job's mistake, seen when
 * it emits) and bytes that it did not write (damage, seen when they are read).
 */

import type { ByteReader } from "../../base/bytes.ts";
import { SheafError } from "../../base/error.ts";

/** Characters of a refused value that its message shows. */
const SHOWN_CHARS_MAX = 60;

/** `string() cannot carry 42 (a number).`, and what to do instead where there is something. */
export function refused(codec: string, value: unknown, advice = "", cause?: unknown): SheafError {
  const message = `${codec} cannot carry ${describe(value)}.${advice === "" ? "" : ` ${advice}`}`;
  return new SheafError("VALUE_INVALID", message, { data: { codec }, cause });
}

/** Bytes that `codec` did not write; `why` completes "because". */
export function corrupt(codec: string, why: string, cause?: unknown): SheafError {
  return new SheafError(
    "REGION_CORRUPT",
    `Cannot read a value of ${codec}: ${why}. The intermediate data is damaged, and the task ` +
      "that wrote it must run again.",
    { data: { codec }, cause },
  );
}

/** The bytes end inside a value. */
export function truncated(codec: string): SheafError {
  return corrupt(codec, "its bytes end too early");
}

/** Throws unless a value in its last form has used all of its bytes. */
export function expectEnd(reader: ByteReader, codec: string): void {
  if (reader.position !== reader.end) {
    throw corrupt(codec, `${reader.end - reader.position} bytes follow its end`);
  }
}

/** A value in words that fit in a sentence: `42 (a number)`, `an array of 3`. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "string":
      return `${JSON.stringify(cut(value))} (a string)`;
    case "number":
      return `${Object.is(value, -0) ? "-0" : value} (a number)`;
    case "bigint":
      return `${cut(String(value))}n (a bigint)`;
    case "boolean":
      return `${value} (a boolean)`;
    case "object":
      return describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "an invalid Date" : `${value.toISOString()} (a Date)`;
  }
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  return `an object (a ${name})`;
}

function cut(text: string): string {
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}...` : text;
}
