/**
 * `json()`: plain data as JSON text. For values only: the bytes of JSON have no useful order.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { messageOf } from "../../base/error.ts";
import type { Codec } from "./codec.ts";
import { corrupt, refused } from "./codec-error.ts";
import { FramedCodec } from "./framed.ts";
import { writeWtf8 } from "./wtf8.ts";

class JsonCodec extends FramedCodec<unknown> {
  readonly name = "json()";

  writeLast(writer: ByteWriter, value: unknown): void {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (cause) {
      throw refused(this.name, value, adviceOn(cause), cause);
    }
    if (text === undefined) {
      throw refused(
        this.name,
        value,
        "Emit null, or use optional(json()) for what may be missing.",
      );
    }
    writeWtf8(writer, text);
  }

  readLast(reader: ByteReader): unknown {
    const { bytes, position, end } = reader;
    reader.position = end;
    try {
      return JSON.parse(bytes.toString("utf8", position, end));
    } catch (cause) {
      throw corrupt(this.name, "it is no JSON", cause);
    }
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    writer.writeBytes(reader.bytes, reader.position, reader.end);
    reader.position = reader.end;
  }
}

/** What `JSON.stringify` threw, in one line: of a cycle it says more. */
function adviceOn(thrown: unknown): string {
  const reason = messageOf(thrown).split("\n", 1)[0]!;
  return reason.includes("BigInt") ? "Use structured() for bigints." : `The reason: ${reason}.`;
}

const JSON_CODEC = new JsonCodec();

/**
 * Plain data of type `T` as JSON; not for keys. What comes back is what `JSON.parse` makes of what
 * `JSON.stringify` wrote: a `Date` comes back as a string, NaN as null, -0 as 0, and fields that
 * are `undefined` are left out. For dates, maps, sets, bytes and bigints there is `structured()`.
 *
 * `T` is taken at its word; what travels is the job's own data, so nothing is checked when it is
 * read. In text outputs the JSON stands as it is, on one line.
 *
 * @throws SheafError `VALUE_INVALID` when a value has no JSON: `undefined`, a function, a bigint, a
 *   value that holds itself.
 * @example
 * ```ts
 * import { defineJob, json, string, text } from "sheaf";
 *
 * interface Visit {
 *   readonly url: string;
 *   readonly seconds: number;
 * }
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: json<Visit>() },
 *   map(_position, line, emit) {
 *     const [user = "", url = "", seconds] = line.split("\t");
 *     emit(user, { url, seconds: Number(seconds) });
 *   },
 *   reduce(_user, visits, emit) {
 *     for (const visit of visits) if (visit.seconds > 60) emit(visit);
 *   },
 * });
 * ```
 */
export function json<T>(): Codec<T> {
  return JSON_CODEC as Codec<unknown> as Codec<T>;
}
