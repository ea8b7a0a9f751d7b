/**
 * `nothing()`: the value that says nothing, in no bytes.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { expectEnd, refused } from "./codec-error.ts";

const NAME = "nothing()";

class NothingCodec implements KeyCodec<undefined> {
  readonly name = NAME;
  readonly ordered = true;

  write(_writer: ByteWriter, value: undefined): void {
    if (value !== undefined) throw refused(NAME, value, "Emit undefined.");
  }

  read(_reader: ByteReader): undefined {}

  writeLast(writer: ByteWriter, value: undefined): void {
    this.write(writer, value);
  }

  readLast(reader: ByteReader): undefined {
    expectEnd(reader, NAME);
  }

  writeText(_writer: ByteWriter, reader: ByteReader): void {
    expectEnd(reader, NAME);
  }
}

const NOTHING = new NothingCodec();

/**
 * `undefined` and no bytes: the value of a job whose keys say everything, or the key of one that
 * brings everything together. In text outputs it is empty.
 *
 * @throws SheafError `VALUE_INVALID` when a value is anything but `undefined`.
 * @example
 * ```ts
 * import { defineJob, identity, nothing, range, string, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: string(), value: nothing() },
 *   partition: range(),
 *   map: (_position, line, emit) => emit(line, undefined),
 *   reduce: identity,
 * });
 * ```
 */
export function nothing(): KeyCodec<undefined> {
  return NOTHING;
}
