/**
 * Reads the lines of a split as JSON values, each checked by a schema if there is one.
 */

import { SheafError } from "../../base/error.ts";
import { describePath, type Schema } from "../params.ts";
import type { Reading } from "./byte-source.ts";
import type { Position, RecordReader, Split } from "./input.ts";
import { recordInvalid } from "./input-error.ts";
import { jsonFault } from "./json-fault.ts";
import { TextReader, type TextSettings } from "./text-reader.ts";

const SPACE = 0x20;
/** Issues of a schema that one message shows. */
const ISSUES_MAX = 3;

/** See the head of this file. */
export class NdjsonReader implements RecordReader<Position, unknown> {
  value: unknown;
  readonly key: Position;
  readonly position: Position;
  readonly #lines: TextReader;
  readonly #schema: Schema<unknown, unknown> | undefined;

  constructor(
    split: Split,
    schema: Schema<unknown, unknown> | undefined,
    settings: TextSettings,
    reading: Reading,
  ) {
    this.#lines = new TextReader(split, settings, reading);
    this.#schema = schema;
    this.key = this.#lines.key;
    this.position = this.#lines.position;
  }

  get bytesRead(): number {
    return this.#lines.bytesRead;
  }

  next(): boolean {
    while (this.#lines.next()) {
      const line = this.#lines.value;
      // NaN, of an empty line, compares as false.
      if (line.charCodeAt(0) > SPACE || line.trim() !== "") {
        const value = this.#parse(line);
        this.value = this.#schema === undefined ? value : this.#check(this.#schema, value);
        return true;
      }
    }
    return false;
  }

  fill(): boolean | Promise<boolean> {
    return this.#lines.fill();
  }

  excerpt(charsMax: number): string {
    return this.#lines.excerpt(charsMax);
  }

  close(): void {
    this.#lines.close();
  }

  #parse(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch {
      const { column, what } = jsonFault(line);
      const why = `it is not JSON: ${what} at column ${column}`;
      throw this.#invalid(why, "Each line has to hold one whole JSON value.");
    }
  }

  #check(schema: Schema<unknown, unknown>, value: unknown): unknown {
    const result = schema["~standard"].validate(value);
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new SheafError(
        "JOB_INVALID",
        "ndjson(schema) needs a schema that validates at once, and this one gives a promise. " +
          "Take its asynchronous checks out, or make them in map.",
      );
    }
    if (result.issues === undefined) return result.value;
    const issues = result.issues.slice(0, ISSUES_MAX);
    const words = issues.map((issue) => describePath(issue) + issue.message);
    const more = result.issues.length > ISSUES_MAX ? "; ..." : "";
    throw this.#invalid(
      `it is not what the schema wants: ${words.join("; ")}${more}`,
      "Correct the line, or the schema of ndjson(schema).",
    );
  }

  #invalid(why: string, advice: string): SheafError {
    return recordInvalid(this.#lines.file!, "line", this.position.offset, why, advice);
  }
}
