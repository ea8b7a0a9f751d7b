/**
 * A form: how one kind of message of ours looks on the wire, both ways. What comes in is decoded and
 * checked in one step, so nothing behind it sees a message that has not been.
 */

import type { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import { messageOf, SheafError } from "../../base/error.ts";

/** What the generated code has for every message. */
export interface WireType<Wire> {
  encode(message: Wire, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): Wire;
}

/** See the head of this file. */
export interface Form<T> {
  encode(message: T): Buffer;
  /** Throws `MESSAGE_INVALID`, and nothing else, for whatever bytes there are. */
  decode(bytes: Uint8Array): T;
}

/** A form from a generated type and two conversions; `fromWire` checks. */
export function form<T, Wire>(
  type: WireType<Wire>,
  toWire: (message: T) => Wire,
  fromWire: (wire: Wire) => T,
): Form<T> {
  return {
    encode(message) {
      const bytes = type.encode(toWire(message)).finish();
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    decode(bytes) {
      return fromWire(decodeWire(type, bytes));
    },
  };
}

/** A message without fields. */
export function emptyForm<Wire>(type: WireType<Wire>, empty: Wire): Form<undefined> {
  return form(
    type,
    () => empty,
    () => undefined,
  );
}

function decodeWire<Wire>(type: WireType<Wire>, bytes: Uint8Array): Wire {
  try {
    // Not a Buffer, whose pieces would be Buffers: what was sent as bytes arrives as bytes.
    return type.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (error) {
    // Cut short, nested too deeply, no UTF-8, or a number that cannot be counted exactly.
    throw new SheafError("MESSAGE_INVALID", `Cannot read a message: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
