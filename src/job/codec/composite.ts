/**
 * What the codecs made of other codecs share.
 */

import type { ByteReader } from "../../base/bytes.ts";
import type { AnyCodec } from "./codec.ts";

/** Whether a codec keeps order at run time: a codec made of such codecs keeps it too. */
export function isOrdered(codec: AnyCodec): boolean {
  return "ordered" in codec;
}

/** Moves past one inner form, by reading it where the codec has no quicker way. */
export function skipInner(codec: AnyCodec, reader: ByteReader): void {
  if (codec.skip === undefined) codec.read(reader);
  else codec.skip(reader);
}

/** `array(string())`, `tuple(int(), json())`. */
export function nameOf(combinator: string, codecs: readonly AnyCodec[]): string {
  return `${combinator}(${codecs.map((codec) => codec.name).join(", ")})`;
}
