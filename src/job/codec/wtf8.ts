/**
 * Strings as bytes: UTF-8, and for a surrogate without its partner the three bytes that UTF-8 would
 * give its number (WTF-8), so that every JavaScript string comes back as it was. Comparing the
 * bytes compares the code points.
 */

import type { ByteWriter } from "../../base/bytes.ts";

/**
 * From this length on the native encoder wins. It costs about 45 ns a call whatever the length; the
 * loop below costs 1.2 ns a character of a flat string and 2 ns of a slice (Node 20).
 */
const NATIVE_WRITE_CHARS_MIN = 24;

/** From here on the bytes are counted first, or the writer would grow to three times as many. */
const EXACT_ROOM_CHARS_MIN = 16 * 1024;

/**
 * Up to this length a string is made by `fromCharCode`, in 10 to 25 ns; a native call costs 60 ns.
 * Two strings of up to 12 characters join into a flat one, longer ones into a rope.
 */
const SHORT_READ_BYTES_MAX = 12;

/** What a decoder puts where it found no character. */
const REPLACEMENT = "\u{fffd}";
const REPLACEMENT_BYTES = Buffer.from(REPLACEMENT);
/** The first of the three bytes of a surrogate; also of U+D000 to U+D7FF, which are letters. */
const SURROGATE_LEAD = 0xed;

/** Of ES2024, and in every Node that we run on. */
const isWellFormed = (String.prototype as { isWellFormed?(): boolean }).isWellFormed!;

/** Appends `text`. */
export function writeWtf8(writer: ByteWriter, text: string): void {
  const length = text.length;
  writer.reserve(length < EXACT_ROOM_CHARS_MIN ? length * 3 : Buffer.byteLength(text));
  const target = writer.bytes;
  let position = writer.position;
  if (length >= NATIVE_WRITE_CHARS_MIN && isWellFormed.call(text)) {
    writer.position = position + target.write(text, position, "utf8");
    return;
  }
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      writer.position = position;
      writeFrom(writer, text, i);
      return;
    }
    target[position++] = unit;
  }
  writer.position = position;
}

/** Appends text[from...], whose room is already reserved. */
function writeFrom(writer: ByteWriter, text: string, from: number): void {
  const length = text.length;
  const target = writer.bytes;
  let position = writer.position;
  for (let i = from; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      target[position++] = unit;
    } else if (unit < 0x800) {
      target[position++] = 0xc0 | (unit >> 6);
      target[position++] = 0x80 | (unit & 0x3f);
    } else {
      // At the end of the text charCodeAt says NaN, which is no low surrogate.
      const low = (unit & 0xfc00) === 0xd800 ? text.charCodeAt(i + 1) : 0;
      if ((low & 0xfc00) === 0xdc00) {
        const point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        target[position++] = 0xf0 | (point >> 18);
        target[position++] = 0x80 | ((point >> 12) & 0x3f);
        target[position++] = 0x80 | ((point >> 6) & 0x3f);
        target[position++] = 0x80 | (point & 0x3f);
        i++;
      } else {
        target[position++] = 0xe0 | (unit >> 12);
        target[position++] = 0x80 | ((unit >> 6) & 0x3f);
        target[position++] = 0x80 | (unit & 0x3f);
      }
    }
  }
  writer.position = position;
}

/** The text of bytes[start, end). Bytes that are no text (of a `ByteView`) become U+FFFD. */
export function readWtf8(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length <= SHORT_READ_BYTES_MAX) {
    let bits = 0;
    for (let i = start; i < end; i++) bits |= bytes[i]!;
    if (bits < 0x80) {
      return length <= 8
        ? shortAscii(bytes, start, length)
        : shortAscii(bytes, start, 8) + shortAscii(bytes, start + 8, length - 8);
    }
  }
  const text = bytes.toString("utf8", start, end);
  return text.includes(REPLACEMENT) ? readSurrogates(bytes, start, end) : text;
}

const fromUnits = String.fromCharCode;

/** The text of up to 8 ASCII bytes. Each length has its own call, which V8 turns into one store. */
function shortAscii(b: Buffer, i: number, length: number): string {
  switch (length) {
    case 0:
      return "";
    case 1:
      return fromUnits(b[i]!);
    case 2:
      return fromUnits(b[i]!, b[i + 1]!);
    case 3:
      return fromUnits(b[i]!, b[i + 1]!, b[i + 2]!);
    case 4:
      return fromUnits(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!);
    case 5:
      return fromUnits(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!);
    case 6:
      return fromUnits(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!);
    case 7:
      return fromUnits(b[i]!, b[i + 1]!, b[i + 2]!, b[i + 3]!, b[i + 4]!, b[i + 5]!, b[i + 6]!);
    default:
      return fromUnits(
        b[i]!,
        b[i + 1]!,
        b[i + 2]!,
        b[i + 3]!,
        b[i + 4]!,
        b[i + 5]!,
        b[i + 6]!,
        b[i + 7]!,
      );
  }
}

/** The same with lone surrogates, which split the bytes into pieces of plain UTF-8. */
function readSurrogates(bytes: Buffer, start: number, end: number): string {
  let text = "";
  let from = start;
  let at = nextSurrogate(bytes, start, end);
  while (at < end) {
    text += bytes.toString("utf8", from, at);
    text += fromUnits(0xd000 | ((bytes[at + 1]! & 0x3f) << 6) | (bytes[at + 2]! & 0x3f));
    from = at + 3;
    at = nextSurrogate(bytes, from, end);
  }
  return text + bytes.toString("utf8", from, end);
}

/** Appends bytes[start, end) to a text output, with U+FFFD for each lone surrogate. */
export function writeWtf8AsUtf8(
  writer: ByteWriter,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  const copied = writer.position;
  writer.writeBytes(bytes, start, end);
  const copiedEnd = writer.position;
  // The search has no end of its own, so what it looks for is put there: 15 ns for a line of 100
  // bytes, where a loop takes 100 ns and a view of the line to search in takes 40 ns.
  writer.writeByte(SURROGATE_LEAD);
  const found = writer.bytes.indexOf(SURROGATE_LEAD, copied);
  writer.position = copiedEnd;
  if (found < copiedEnd) replaceSurrogates(writer.bytes, found, copiedEnd);
}

/** A surrogate takes as many bytes as U+FFFD, so one replaces the other where it stands. */
function replaceSurrogates(bytes: Buffer, start: number, end: number): void {
  let at = nextSurrogate(bytes, start, end);
  while (at < end) {
    REPLACEMENT_BYTES.copy(bytes, at);
    at = nextSurrogate(bytes, at + 3, end);
  }
}

/** Where the next surrogate's three bytes begin; `end` if there is none. */
function nextSurrogate(bytes: Buffer, start: number, end: number): number {
  for (let i = start; i < end - 2; i++) {
    // This byte only ever begins a sequence, so what stands before it is complete.
    if (bytes[i] !== SURROGATE_LEAD) continue;
    if ((bytes[i + 1]! & 0xe0) === 0xa0 && (bytes[i + 2]! & 0xc0) === 0x80) return i;
  }
  return end;
}
