/**
 * Checks of the options that a job gives its input and output formats, for jobs that no compiler
 * saw. `call` is the format as the job writes it, `text()`, and opens every message.
 */

import { types } from "node:util";
import { SheafError } from "../base/error.ts";
import { RECORD_BYTES_LIMIT } from "../base/limits.ts";
import { grouped } from "../base/numbers.ts";
import { show } from "../base/show.ts";
import { sizeInWords } from "../base/size.ts";

/** Refuses anything but an object with some of these names. */
export function checkNames(call: string, options: object, names: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new SheafError(
      "JOB_INVALID",
      `${call} has no option "${name}". Its options are ${names.join(", ")}.`,
    );
  }
}

/** The option's value, or `fallback`; refuses what is not among `values`. */
export function oneOf<T extends string>(
  call: string,
  name: string,
  value: T | undefined,
  values: readonly T[],
): T {
  const [fallback] = values;
  if (value === undefined) return fallback!;
  if (values.includes(value)) return value;
  throw new SheafError(
    "JOB_INVALID",
    `${call} cannot take ${name} ${JSON.stringify(value)}: it is one of ` +
      `${values.map((allowed) => `"${allowed}"`).join(", ")}.`,
  );
}

/** The option's value, or false; refuses what is neither true nor false. */
export function flag(call: string, name: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new SheafError(
    "JOB_INVALID",
    `${call} cannot take ${name} ${JSON.stringify(value)}: it is true or false.`,
  );
}

/** The option's value, if there is one; refuses what is no regular expression. */
export function pattern(call: string, name: string, value: RegExp | undefined): RegExp | undefined {
  if (value === undefined || types.isRegExp(value)) return value;
  throw new SheafError(
    "JOB_INVALID",
    `${call} cannot take ${name} ${show(value)}: it is a regular expression, such as /ERROR/.`,
  );
}

/** The option's value, or `fallback`; refuses what is not a sensible number of bytes. */
export function byteCount(
  call: string,
  name: string,
  value: number | undefined,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= 1 && value <= RECORD_BYTES_LIMIT) return value;
  throw new SheafError(
    "JOB_INVALID",
    `${call} cannot take ${name} ${String(value)}: it is a whole number of bytes, ` +
      `from 1 to ${grouped(RECORD_BYTES_LIMIT)} (${sizeInWords(RECORD_BYTES_LIMIT)}).`,
  );
}
