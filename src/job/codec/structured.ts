/**
 * `structured()`: data with types that JSON does not know, as MessagePack. For values only. Every
 * value stands alone: no table of shapes is shared between records, because runs are sorted, merged
 * and read in other orders and processes than they were written in.
 */

import { createRequire } from "node:module";
import type { Packr } from "msgpackr";
import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { messageOf } from "../../base/error.ts";
import { jsonText } from "../json-text.ts";
import type { Codec } from "./codec.ts";
import { corrupt, refused } from "./codec-error.ts";
import { FramedCodec } from "./framed.ts";

const NAME = "structured()";

/**
 * Objects are written as records (field names, then values), because MessagePack's maps are kept
 * for `Map`. Bytes are copied, because the buffers they are read from are used again.
 */
const OPTIONS = {
  useRecords: true,
  mapsAsObjects: false,
  moreTypes: true,
  copyBuffers: true,
  useToJSON: false,
  writeFunction() {
    throw new TypeError("it holds a function");
  },
};

class StructuredCodec extends FramedCodec<unknown> {
  readonly name = NAME;
  readonly #packr: Packr;

  constructor(packr: Packr) {
    super();
    this.#packr = packr;
  }

  writeLast(writer: ByteWriter, value: unknown): void {
    let packed: Uint8Array;
    try {
      packed = this.#packr.pack(value);
    } catch (cause) {
      const reason =
        cause instanceof RangeError ? "it is too deep, or holds itself" : messageOf(cause);
      throw refused(NAME, value, `The reason: ${reason}.`, cause);
    }
    writer.writeBytes(packed, 0, packed.length);
  }

  readLast(reader: ByteReader): unknown {
    const { bytes, position, end } = reader;
    reader.position = end;
    try {
      // A view of its own: the unpacker hangs a property on the buffer that it is given, and the
      // engine's buffers must keep their shape, or every loop over them slows down.
      return this.#packr.unpack(bytes.subarray(position, end));
    } catch (cause) {
      throw corrupt(NAME, "it is no MessagePack", cause);
    }
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    const value = this.readLast(reader);
    // Nothing stands for nothing, as with optional().
    if (value !== undefined) writer.writeText(jsonText(value));
  }
}

let structuredCodec: StructuredCodec | undefined;

/** Loads msgpackr when the first job asks: it takes 15 ms, which every start would pay. */
function load(): StructuredCodec {
  const msgpackr = createRequire(import.meta.url)("msgpackr") as typeof import("msgpackr");
  return new StructuredCodec(new msgpackr.Packr(OPTIONS));
}

/**
 * Data of type `T` with the types that JSON lacks, as MessagePack; not for keys. Besides what JSON
 * has it carries `undefined`, NaN and infinities, `Date`, `Map`, `Set`, `Uint8Array` and the other
 * typed arrays, and bigints of any size.
 *
 * Not kept: -0 (it becomes 0), lone surrogates (U+FFFD), classes (an instance comes back as a plain
 * object), and that two places held the same object (each gets a copy). A field named `__proto__`
 * comes back as `__proto_`.
 *
 * `T` is taken at its word; nothing is checked when it is read. In text outputs the value stands as
 * JSON: bigints as decimal strings, bytes in base64, a Map as an array of [key, value], a Set as an
 * array.
 *
 * @throws SheafError `VALUE_INVALID` when a value holds a function, a symbol or itself.
 * @example
 * ```ts
 * import { defineJob, string, structured, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: structured<Map<string, number>>() },
 *   map(_position, line, emit) {
 *     const [host = "", ...words] = line.split(" ");
 *     emit(host, new Map(words.map((word) => [word, 1])));
 *   },
 *   reduce(_host, maps, emit) {
 *     const total = new Map<string, number>();
 *     for (const counts of maps) {
 *       for (const [word, n] of counts) total.set(word, (total.get(word) ?? 0) + n);
 *     }
 *     emit(total);
 *   },
 * });
 * ```
 */
export function structured<T>(): Codec<T> {
  structuredCodec ??= load();
  return structuredCodec as Codec<unknown> as Codec<T>;
}
