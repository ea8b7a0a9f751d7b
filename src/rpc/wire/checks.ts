/**
 * Checks of what comes in. Each takes the name of a field, for the message, and its value, and gives
 * the value back or throws `MESSAGE_INVALID`: behind them, a number is a whole one within its bounds,
 * a text has an end, and an id can be part of a file's name.
 */

import { SheafError } from "../../base/error.ts";
import { ADDRESS_CHARS_MAX, ID_CHARS_MAX, LINE_CHARS_MAX } from "../limits.ts";

/** A field that no peer of this version sends like that. */
export function invalid(field: string, problem: string): SheafError {
  return new SheafError(
    "MESSAGE_INVALID",
    `Cannot take a message: ${field} ${problem}. Run the same version of Sheaf on all machines.`,
    { data: { field } },
  );
}

/** A whole number from `least` to `most`. */
export function count(
  field: string,
  value: number,
  most = Number.MAX_SAFE_INTEGER,
  least = 0,
): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalid(field, `is ${value}, which is not a whole number from ${least} to ${most}`);
}

/** Any whole number that can be counted exactly. */
export function whole(field: string, value: number): number {
  return count(field, value, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER);
}

/** A message within a message, or a choice, that must be there. */
export function present<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw invalid(field, "is missing");
  return value;
}

/** A text of at most `charsMax` UTF-16 units. */
export function text(field: string, value: string, charsMax = LINE_CHARS_MAX): string {
  if (value.length <= charsMax) return value;
  throw invalid(field, `has ${value.length} characters, and ${charsMax} are the most`);
}

/** A text for the file system: it has no NUL, which would end it early. */
export function path(field: string, value: string, charsMax: number): string {
  if (value === "") throw invalid(field, "is empty");
  if (value.includes("\0")) throw invalid(field, "holds a NUL");
  return text(field, value, charsMax);
}

// It begins with a letter or a digit, so it is neither hidden, "." nor "..", nor a flag.
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Whether a text may be an id. */
export function isId(value: string, charsMin = 1): boolean {
  return value.length >= charsMin && value.length <= ID_CHARS_MAX && ID.test(value);
}

/** An id: it may become part of a file's name, and never leaves its folder. */
export function id(field: string, value: string, charsMin = 1): string {
  if (isId(value, charsMin)) return value;
  const shown = JSON.stringify(value.slice(0, ID_CHARS_MAX));
  throw invalid(
    field,
    `is ${shown}, which is not ${charsMin} to ${ID_CHARS_MAX} letters, digits, "-", "_" and "."`,
  );
}

const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})$/;

/** "host:port", with an IPv6 host in brackets. */
export function address(field: string, value: string): string {
  const port = value.length <= ADDRESS_CHARS_MAX ? ADDRESS.exec(value)?.[2] : undefined;
  if (port !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return value;
  throw invalid(field, `is not "host:port"`);
}

/** Bytes of exactly, or at most, some number. */
export function bytes(
  field: string,
  value: Uint8Array,
  { least = 0, most }: { least?: number; most: number },
): Uint8Array {
  if (value.length >= least && value.length <= most) return value;
  throw invalid(field, `has ${value.length} bytes, not ${least} to ${most}`);
}

/** A SHA-256, as hexadecimal digits. */
export function sha256(field: string, value: Uint8Array): string {
  return Buffer.from(bytes(field, value, { least: 32, most: 32 })).toString("hex");
}

/** The other way: for a hash that was made here. */
export function sha256Bytes(hexadecimal: string): Uint8Array {
  return Buffer.from(hexadecimal, "hex");
}

/** A list of at most `most`, each item of which is taken by `take`. */
export function list<Wire, T>(
  field: string,
  items: readonly Wire[],
  most: number,
  take: (field: string, item: Wire) => T,
): T[] {
  if (items.length > most)
    throw invalid(field, `has ${items.length} items, and ${most} are the most`);
  return items.map((item) => take(field, item));
}

/** The name that a number of an enum stands for; 0 and numbers of later versions stand for none. */
export function choice<Name extends string>(
  field: string,
  value: number,
  names: Readonly<Record<Name, number>>,
): Name {
  for (const name in names) if (names[name] === value) return name;
  throw invalid(field, `is the unknown value ${value}`);
}

/** A name of ours as the number that stands for it. */
export function numberOf<Name extends string, Value extends number>(
  name: Name,
  names: Readonly<Record<Name, Value>>,
): Value {
  return names[name];
}

/** `{ name: value }`, or nothing where there is no value. */
export function given<Name extends string, T>(
  name: Name,
  value: T | undefined,
): { readonly [N in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [N in Name]?: T });
}
