/**
 * `date()`: an instant, as its milliseconds since 1970 in the format of `int()`.
 */

import type { ByteReader, ByteWriter } from "../../base/bytes.ts";
import type { KeyCodec } from "./codec.ts";
import { corrupt, expectEnd, refused } from "./codec-error.ts";
import { readInt, skipInt, writeInt } from "./int.ts";

const NAME = "date()";

class DateCodec implements KeyCodec<Date> {
  readonly name = NAME;
  readonly ordered = true;

  write(writer: ByteWriter, value: Date): void {
    if (!(value instanceof Date)) throw refused(NAME, value, "Emit a Date.");
    const milliseconds = value.getTime();
    if (Number.isNaN(milliseconds)) {
      throw refused(
        NAME,
        value,
        "Check the date, or use optional(date()) for one that may be missing.",
      );
    }
    writeInt(writer, milliseconds);
  }

  read(reader: ByteReader): Date {
    const date = new Date(readInt(reader, NAME));
    if (Number.isNaN(date.getTime())) throw corrupt(NAME, "it is outside the range of dates");
    return date;
  }

  skip(reader: ByteReader): void {
    skipInt(reader, NAME);
  }

  writeLast(writer: ByteWriter, value: Date): void {
    this.write(writer, value);
  }

  readLast(reader: ByteReader): Date {
    const value = this.read(reader);
    expectEnd(reader, NAME);
    return value;
  }

  writeText(writer: ByteWriter, reader: ByteReader): void {
    writer.writeText(this.readLast(reader).toISOString());
  }
}

const DATE = new DateCodec();

/**
 * Instants to the millisecond, keys included, sorted by time. In text outputs they stand in ISO
 * 8601 and UTC: `2004-12-06T09:30:00.000Z`.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not a `Date`, or an invalid one.
 * @example
 * ```ts
 * import { date, defineJob, int, sum, text } from "sheaf";
 *
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: date(), value: int() },
 *   map: (_position, line, emit) => emit(new Date(line.slice(0, 10)), 1),
 *   reduce: sum,
 * });
 * ```
 */
export function date(): KeyCodec<Date> {
  return DATE;
}
