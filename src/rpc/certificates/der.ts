/**
 * Writes DER, the encoding of certificates (ITU-T X.690): as much of it as a certificate needs, and
 * nothing that reads. Each function gives the bytes of one value.
 */

/** A value under a tag: its class, form and number in one byte. */
function tagged(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

/** One byte below 128; else a byte that counts those that follow. */
function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = bytesOf(BigInt(length));
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

/** Big-endian, without leading zeros. */
function bytesOf(number: bigint): Buffer {
  const digits = number.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(0x30, ...items);

export const set = (...items: readonly Uint8Array[]): Buffer => tagged(0x31, ...items);

export const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.of(value ? 0xff : 0));

/** A whole number of 0 or more. */
export function integer(number: bigint): Buffer {
  const bytes = bytesOf(number);
  // The first bit is a sign.
  return bytes[0]! < 0x80 ? tagged(0x02, bytes) : tagged(0x02, Buffer.of(0), bytes);
}

export const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes);

/** Bits, of which the last byte leaves some unused. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return tagged(0x03, Buffer.of(unused), bytes);
}

export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text));

/** An object identifier from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from(bytes));
}

/** A time to the second: with two digits of the year until 2049, with four from then on (RFC 5280). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, "");
  const isShort = date.getUTCFullYear() < 2050;
  return isShort ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

/** A value whose tag its place gives a meaning: `[number]`, made of other values. */
export function explicit(number: number, ...items: readonly Uint8Array[]): Buffer {
  return tagged(0xa0 | number, ...items);
}

/** The same around plain bytes. */
export function implicit(number: number, bytes: Uint8Array): Buffer {
  return tagged(0x80 | number, bytes);
}
