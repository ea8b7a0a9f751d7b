/**
 * Walks a sorted source group by group: the records whose keys are equal, or whose grouping prefixes
 * are (secondary sort). Within a group it is a cursor over the records; those left unread are
 * skipped, so that ten million values of one key take no memory.
 */

import { ByteCopier } from "../base/copy-bytes.ts";
import type { RecordSource } from "./record-source.ts";

/** Gives the end of the part of key bytes[start, end) that groups. */
export type GroupEnd = (bytes: Buffer, start: number, end: number) => number;

const KEY_BYTES_INITIAL = 256;

/** Where the source stands, seen from the group. */
type Place =
  | "before" // nothing has been read yet
  | "first" // on the first record of the group, which the cursor has not shown
  | "inside" // on a record of the group that the cursor has shown
  | "behind" // on the first record of the next group
  | "end";

/**
 * See the head of this file.
 *
 * `nextGroup` moves to a group, `next` through its records. The fields of the key show the first key
 * of the group and hold until the next `nextGroup`; those of the record hold until the next `next`.
 */
export class GroupedSource {
  readonly #source: RecordSource;
  readonly #groupEnd: GroupEnd | undefined;
  #place: Place = "before";
  /** A copy: the source's own bytes move on with it. */
  keyBytes: Buffer = Buffer.allocUnsafe(KEY_BYTES_INITIAL);
  readonly keyStart: number = 0;
  keyEnd = 0;
  #copier = new ByteCopier(this.keyBytes);
  /** End of the part of the key that groups. */
  #prefixEnd = 0;
  /** Records of the source shown or skipped so far. */
  records = 0;

  constructor(source: RecordSource, groupEnd?: GroupEnd) {
    this.#source = source;
    this.#groupEnd = groupEnd;
  }

  /** Moves to the next group; false at the end of the source. */
  nextGroup(): boolean {
    if (this.#place === "before") {
      if (!this.#source.next()) this.#place = "end";
    } else {
      while (this.next()) {
        // Skips what the reader of the group has left.
      }
    }
    if (this.#place === "end") return false;
    this.#takeKey();
    this.#place = "first";
    return true;
  }

  /** Moves to the next record of the group; false behind its last. */
  next(): boolean {
    if (this.#place === "inside") {
      if (!this.#source.next()) {
        this.#place = "end";
        return false;
      }
      if (!this.#source.sameKey && !this.#isOfGroup()) {
        this.#place = "behind";
        return false;
      }
      this.records++;
      return true;
    }
    if (this.#place !== "first") return false;
    this.#place = "inside";
    this.records++;
    return true;
  }

  /** The current record's own key, of which a secondary sort groups only a part. */
  get recordKeyBytes(): Buffer {
    return this.#source.keyBytes;
  }
  get recordKeyStart(): number {
    return this.#source.keyStart;
  }
  get recordKeyEnd(): number {
    return this.#source.keyEnd;
  }
  get valueBytes(): Buffer {
    return this.#source.valueBytes;
  }
  get valueStart(): number {
    return this.#source.valueStart;
  }
  get valueEnd(): number {
    return this.#source.valueEnd;
  }

  close(): void {
    this.#source.close();
  }

  #takeKey(): void {
    const { keyBytes, keyStart, keyEnd } = this.#source;
    const length = keyEnd - keyStart;
    if (this.keyBytes.length < length) this.keyBytes = Buffer.allocUnsafeSlow(length * 2);
    if (this.#copier.target !== this.keyBytes) this.#copier = new ByteCopier(this.keyBytes);
    this.#copier.copy(keyBytes, keyStart, keyEnd, 0);
    this.keyEnd = length;
    this.#prefixEnd =
      this.#groupEnd === undefined ? length : this.#groupEnd(this.keyBytes, 0, length);
  }

  #isOfGroup(): boolean {
    const { keyBytes, keyStart, keyEnd } = this.#source;
    const end = this.#groupEnd === undefined ? keyEnd : this.#groupEnd(keyBytes, keyStart, keyEnd);
    if (end - keyStart !== this.#prefixEnd) return false;
    const key = this.keyBytes;
    // From the last byte, because neighbours in a sorted source share their first ones.
    for (let i = end - 1, j = this.#prefixEnd - 1; j >= 0; i--, j--) {
      if (keyBytes[i] !== key[j]) return false;
    }
    return true;
  }
}
