/**
 * The input format of NDJSON (also called JSON Lines): a record for each line with a JSON value.
 */

import { LINE_BYTES_MAX } from "../../base/limits.ts";
import { byteCount, checkNames } from "../format-options.ts";
import type { Schema } from "../params.ts";
import type { InputFormat, Position } from "./input.ts";
import { NdjsonReader } from "./ndjson-reader.ts";
import { READING } from "./open-source.ts";
import type { TextSettings } from "./text-reader.ts";

/** Options of `ndjson()`. */
export interface NdjsonOptions {
  /** The longest line, in bytes without its ending; 16 MB unless given, 256 MB at the most. */
  readonly lineBytesMax?: number;
}

/**
 * Reads NDJSON: a record for each line, keyed by its position. Blank lines are skipped. Numbers are
 * read as JavaScript reads them, so integers beyond 2^53 lose digits.
 *
 * With a schema (any Standard Schema that validates at once: valibot, zod, arktype, ...) each value
 * is checked, and is what the schema puts out. Without one, `ndjson<T>()` takes your word for it.
 *
 * Bad records: `RECORD_INVALID` for a line that is not JSON, not valid UTF-8 or not what the schema
 * wants; `RECORD_TOO_LARGE` for one longer than `lineBytesMax`.
 *
 * @throws SheafError `JOB_INVALID` for options that do not exist.
 * @example
 * ```ts
 * import { defineJob, int, ndjson, string, sum } from "sheaf";
 * import * as v from "valibot";
 *
 * export default defineJob({
 *   input: ndjson(v.object({ url: v.string(), text: v.string() })),
 *   intermediate: { key: string(), value: int() },
 *   map(_position, page, emit) {
 *     emit(new URL(page.url).hostname, page.text.length);
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export function ndjson<T = unknown>(options?: NdjsonOptions): InputFormat<Position, T>;
export function ndjson<Out>(
  schema: Schema<unknown, Out>,
  options?: NdjsonOptions,
): InputFormat<Position, Out>;
export function ndjson(
  schemaOrOptions: Schema<unknown, unknown> | NdjsonOptions = {},
  optionsAfterSchema: NdjsonOptions = {},
): InputFormat<Position, unknown> {
  const schema = "~standard" in schemaOrOptions ? schemaOrOptions : undefined;
  const options = schema === undefined ? (schemaOrOptions as NdjsonOptions) : optionsAfterSchema;
  checkNames("ndjson()", options, ["lineBytesMax"]);
  const settings: TextSettings = {
    encoding: "utf-8",
    invalid: "error",
    exact: false,
    lineBytesMax: byteCount("ndjson()", "lineBytesMax", options.lineBytesMax, LINE_BYTES_MAX),
    limitOption: "ndjson({ lineBytesMax })",
    invalidAdvice: "JSON is UTF-8: convert the file first, for example with iconv.",
  };
  return {
    name: schema === undefined ? "ndjson()" : "ndjson(schema)",
    splittable: true,
    open: (split) => new NdjsonReader(split, schema, settings, READING),
  };
}
