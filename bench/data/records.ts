/**
 * The generated records: 100 bytes with a key of 10, as in the sort benchmarks, printable and with a
 * newline as the last byte so that GNU sort can read them; and the inputs of the memory cases.
 */

import { FileWriter } from "./file-writer.ts";
import type { Random } from "./random.ts";

/** A record with its newline. */
export const RECORD_BYTES = 100;
/** The key, at the beginning. */
export const RECORD_KEY_BYTES = 10;
const ORDINAL_DIGITS = 12;
const NEWLINE = 0x0a;

/**
 * KEY ORDINAL FILLER: the ordinal grows, so that comparing whole lines orders equal keys as they
 * came, and GNU sort may take its fastest way.
 */
export function writeRecords(file: string, sizeBytes: number, random: Random): void {
  const writer = new FileWriter(file);
  const records = Math.max(1, Math.round(sizeBytes / RECORD_BYTES));
  for (let ordinal = 0; ordinal < records; ordinal++) {
    writer.room(RECORD_BYTES);
    const { block, used } = writer;
    // 94 printable characters without the blank, which GNU sort would take for a field's end.
    for (let index = 0; index < RECORD_KEY_BYTES; index++)
      block[used + index] = 0x21 + random.below(94);
    block[used + RECORD_KEY_BYTES] = 0x20;
    writeDigits(block, used + RECORD_KEY_BYTES + 1, ORDINAL_DIGITS, ordinal);
    block[used + RECORD_KEY_BYTES + 1 + ORDINAL_DIGITS] = 0x20;
    const filler = used + RECORD_KEY_BYTES + ORDINAL_DIGITS + 2;
    block.fill(0x41 + (ordinal % 26), filler, used + RECORD_BYTES - 1);
    block[used + RECORD_BYTES - 1] = NEWLINE;
    writer.used += RECORD_BYTES;
  }
  writer.close();
}

/** Lines of 100 bytes, `HEX FILLER`, every key of eight hexadecimal digits exactly once. */
export function writeDistinctKeys(file: string, records: number): void {
  const writer = new FileWriter(file);
  for (let ordinal = 0; ordinal < records; ordinal++) {
    writer.room(RECORD_BYTES);
    const { block, used } = writer;
    writeHex(block, used, scatter(ordinal));
    block[used + 8] = 0x20;
    block.fill(0x61 + (ordinal % 26), used + 9, used + RECORD_BYTES - 1);
    block[used + RECORD_BYTES - 1] = NEWLINE;
    writer.used += RECORD_BYTES;
  }
  writer.close();
}

/** Lines of 20 bytes, each a number of eight digits and filler: many values for one key. */
export function writeValues(file: string, records: number, random: Random): void {
  const writer = new FileWriter(file);
  for (let ordinal = 0; ordinal < records; ordinal++) {
    writer.room(20);
    writeDigits(writer.block, writer.used, 8, random.below(100_000_000));
    writer.block.fill(0x2e, writer.used + 8, writer.used + 19);
    writer.block[writer.used + 19] = NEWLINE;
    writer.used += 20;
  }
  writer.close();
}

function writeDigits(block: Uint8Array, offset: number, digits: number, value: number): void {
  let rest = value;
  for (let index = digits - 1; index >= 0; index--) {
    block[offset + index] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function writeHex(block: Uint8Array, offset: number, value: number): void {
  for (let index = 0; index < 8; index++) {
    const digit = (value >>> (28 - 4 * index)) & 15;
    block[offset + index] = digit < 10 ? 0x30 + digit : 0x57 + digit;
  }
}

/** A bijection of the 32-bit integers that leaves no order: the finalizer of MurmurHash3. */
function scatter(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
