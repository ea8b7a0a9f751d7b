/**
 * Counts the groups of equal keys in a sorted source whose records all go the same way, so that nobody
 * need stop between them. A key is compared where it lies; it is copied only where the source is about
 * to use its memory again, which is once a block.
 */

import { ByteCopier } from "../base/copy-bytes.ts";
import type { GroupEnd } from "./group.ts";
import type { RecordSource } from "./record-source.ts";

/** See the head of this file. */
export class GroupCounter {
  /** Groups begun so far. */
  groups = 0;
  readonly #groupEnd: GroupEnd | undefined;
  /** What groups the last record: bytes[start, end). */
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  #copier = new ByteCopier(Buffer.allocUnsafeSlow(256));

  constructor(groupEnd: GroupEnd | undefined) {
    this.#groupEnd = groupEnd;
  }

  /** Takes note of the record that the source has moved to; true if a group begins with it. */
  note(source: RecordSource): boolean {
    const { keyBytes, keyStart, keyEnd } = source;
    const end = this.#groupEnd === undefined ? keyEnd : this.#groupEnd(keyBytes, keyStart, keyEnd);
    const isSame = source.sameKey || (this.groups > 0 && this.#isLast(keyBytes, keyStart, end));
    if (!isSame) this.groups++;
    if (source.keeps) {
      this.#bytes = keyBytes;
      this.#start = keyStart;
      this.#end = end;
    } else {
      this.#copy(keyBytes, keyStart, end);
    }
    return !isSame;
  }

  #isLast(bytes: Buffer, start: number, end: number): boolean {
    if (end - start !== this.#end - this.#start) return false;
    const last = this.#bytes;
    // From the last byte, because neighbours in a sorted source share their first ones.
    for (let i = end - 1, j = this.#end - 1; i >= start; i--, j--) {
      if (bytes[i] !== last[j]) return false;
    }
    return true;
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#copier.target.length < length) {
      this.#copier = new ByteCopier(Buffer.allocUnsafeSlow(length * 2));
    }
    this.#copier.copy(bytes, start, end, 0);
    this.#bytes = this.#copier.target;
    this.#start = 0;
    this.#end = length;
  }
}
