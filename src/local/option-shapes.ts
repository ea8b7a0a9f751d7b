/**
 * What the compiler would have said of the options of `run()`, for programs that it did not see:
 * which options there are, and what kind each is. Their bounds are `options.ts`'s business.
 */

import { SheafError } from "../base/error.ts";
import { show } from "../base/show.ts";
import { nearest } from "../base/suggest.ts";
import type { RunOptions } from "./options.ts";

/** What an option may be, in words and as a question. */
interface Kind {
  readonly words: string;
  readonly includes: (value: unknown) => boolean;
}

const TEXT: Kind = { words: "a string", includes: (value) => typeof value === "string" };
const TEXTS: Kind = {
  words: 'an array of strings, such as ["logs/*.txt"]',
  includes: (value) => Array.isArray(value) && value.every(TEXT.includes),
};
const FLAG: Kind = { words: "true or false", includes: (value) => typeof value === "boolean" };
const OBJECT: Kind = {
  words: "an object",
  includes: (value) => typeof value === "object" && value !== null,
};
const FUNCTION: Kind = { words: "a function", includes: (value) => typeof value === "function" };
const SIGNAL: Kind = {
  words: "an AbortSignal",
  includes: (value) => value instanceof AbortSignal,
};
/** Checked where its bounds are. */
const NUMBER: Kind = { words: "a number", includes: () => true };

const KINDS: Readonly<Record<keyof RunOptions, Kind>> = {
  inputs: TEXTS,
  output: TEXT,
  partitions: NUMBER,
  slots: NUMBER,
  memoryBytes: NUMBER,
  splitBytes: NUMBER,
  params: OBJECT,
  skipBadRecords: NUMBER,
  overwrite: FLAG,
  inline: FLAG,
  taskTimeoutMs: NUMBER,
  maxAttempts: NUMBER,
  workDirectory: TEXT,
  signal: SIGNAL,
  onEvent: FUNCTION,
  cwd: TEXT,
};

const NEEDED: readonly string[] = ["inputs", "output"];

/** @throws SheafError `USAGE` for what is no option, and for an option that is something else. */
export function checkShapes(options: unknown): asserts options is RunOptions {
  if (typeof options !== "object" || options === null) {
    throw new SheafError("USAGE", "run() takes options, such as { inputs, output }.");
  }
  for (const name of Object.keys(options)) if (!(name in KINDS)) throw unknown(name);
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = (options as Record<string, unknown>)[name];
    if (kind.includes(value) || (value === undefined && !NEEDED.includes(name))) continue;
    throw new SheafError("USAGE", `${name} is ${show(value)}; it must be ${kind.words}.`);
  }
}

function unknown(name: string): SheafError {
  const names = Object.keys(KINDS);
  const meant = nearest(name, names);
  const advice =
    meant === undefined ? `Its options are ${names.join(", ")}.` : `Did you mean "${meant}"?`;
  return new SheafError("USAGE", `run() has no option "${name}". ${advice}`);
}
