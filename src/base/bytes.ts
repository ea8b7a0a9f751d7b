/**
 * Bytes as the data path handles them: a writer that grows, a reader with an end, and the order in
 * which everything below the codecs compares keys. No strings are made here.
 */

import { ByteCopier } from "./copy-bytes.ts";
import type { NodeBuffer } from "./platform-types.ts";

/** Negative, zero or positive as a[aStart, aEnd) sorts before, equals or follows b[bStart, bEnd). */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const common = aLength < bLength ? aLength : bLength;
  for (let i = 0; i < common; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Appends bytes to a buffer that doubles as needed. Reset it by setting `position` to 0. */
export class ByteWriter {
  bytes: NodeBuffer;
  position = 0;
  #copier: ByteCopier | undefined;

  constructor(initialBytes = 256) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Makes room for `count` more bytes. Call it before writing to `bytes` directly. */
  reserve(count: number): void {
    if (this.position + count > this.bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + count));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  writeByte(byte: number): void {
    if (this.position === this.bytes.length) this.#grow(1);
    this.bytes[this.position++] = byte;
  }

  writeBytes(source: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    if (this.#copier?.target !== this.bytes) this.#copier = new ByteCopier(this.bytes);
    this.position = this.#copier.copy(source, start, end, this.position);
  }

  /** Appends text as UTF-8 (a lone surrogate becomes U+FFFD). */
  writeText(text: string): void {
    const length = text.length;
    this.reserve(length * 3);
    const target = this.bytes;
    let position = this.position;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.position = position + target.write(text.slice(i), position, "utf8");
        return;
      }
      target[position++] = unit;
    }
    this.position = position;
  }

  /** The bytes written so far, as a view that the next write may overwrite. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.position);
  }
}

/** A cursor over bytes[position, end). Whoever reads checks the end; the codecs do. */
export class ByteReader {
  bytes: NodeBuffer;
  position: number;
  end: number;

  constructor(bytes: NodeBuffer = Buffer.alloc(0), position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** Points the cursor at other bytes. */
  reset(bytes: NodeBuffer, position: number, end: number): void {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }
}
