/**
 * `grouped(primary, order)`: secondary sort. A key of two fields of which only the first decides
 * the partition and the group, and both decide the order: so the values of a group come to `reduce`
 * in the order of the second field.
 */

import type { ByteReader } from "../../base/bytes.ts";
import type { AnyKeyCodec, KeyCodec } from "./codec.ts";
import { nameOf, skipInner } from "./composite.ts";
import { TupleKeyCodec } from "./tuple.ts";

class GroupedCodec extends TupleKeyCodec {
  readonly #primary: AnyKeyCodec;

  constructor(primary: AnyKeyCodec, order: AnyKeyCodec) {
    super([primary, order], nameOf("grouped", [primary, order]));
    this.#primary = primary;
  }

  skipGroup(reader: ByteReader): void {
    skipInner(this.#primary, reader);
  }
}

/**
 * A key `[primary, order]`. All records with the same `primary` go to one call of `reduce`, in
 * which they come sorted by `order`. The key that the call gets, and that its results are written
 * with, is that of the first of them: what `reduce` needs of the `order` of each belongs in the
 * value. `identity` leaves each record its own key.
 *
 * In text outputs the two fields are joined by a tab.
 *
 * @throws SheafError `VALUE_INVALID` when a value is not an array of two such fields.
 * @example
 * ```ts
 * import { date, defineJob, float, grouped, string, text } from "sheaf";
 *
 * // The first reading of each station: its readings come by date.
 * export default defineJob({
 *   input: text(),
 *   intermediate: { key: grouped(string(), date()), value: float() },
 *   map(_position, line, emit) {
 *     const [station = "", day = "", celsius] = line.split(",");
 *     emit([station, new Date(day)], Number(celsius));
 *   },
 *   reduce(_key, readings, emit) {
 *     for (const celsius of readings) {
 *       emit(celsius);
 *       break;
 *     }
 *   },
 * });
 * ```
 */
export function grouped<A, AIn, B, BIn>(
  primary: KeyCodec<A, AIn>,
  order: KeyCodec<B, BIn>,
): KeyCodec<[A, B], readonly [AIn, BIn]> {
  return new GroupedCodec(primary, order) as KeyCodec<unknown> as KeyCodec<
    [A, B],
    readonly [AIn, BIn]
  >;
}
