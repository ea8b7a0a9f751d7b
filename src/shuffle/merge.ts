/**
 * Merges sorted sources into one: by key, then by the index of the source, then in the source's own
 * order, so that the values of a key come out in the order of the sources (map tasks, spills).
 *
 * A tournament of losers (Knuth, TAOCP volume 3, 5.4.1): the tree holds the loser of each match, and
 * a new record of the winner plays only against the losers on its path to the root.
 */

import { compareBehindHead, HEAD_AFTER_ALL, keyHead } from "./key-head.ts";
import type { RecordSource } from "./record-source.ts";

const EMPTY = Buffer.alloc(0);

/** One source that holds the records of all, in order. Closing it closes them. */
export function mergeSources(sources: readonly RecordSource[]): RecordSource {
  return sources.length === 1 ? sources[0]! : new MergedSource(sources);
}

/** See the head of this file. */
export class MergedSource implements RecordSource {
  readonly #sources: readonly RecordSource[];
  /** Heads of the current keys, by source. */
  readonly #heads: Float64Array;
  /** Losers by inner node, in [1, sources); the sources are the leaves behind them. */
  readonly #losers: Int32Array;
  /** Source of the current record; -1 before the first. */
  #winner = -1;
  sameKey = false;
  keeps = false;
  keyBytes: Buffer = EMPTY;
  keyStart = 0;
  keyEnd = 0;
  valueBytes: Buffer = EMPTY;
  valueStart = 0;
  valueEnd = 0;

  constructor(sources: readonly RecordSource[]) {
    this.#sources = sources;
    this.#heads = new Float64Array(sources.length);
    this.#losers = new Int32Array(sources.length);
  }

  next(): boolean {
    let winner = this.#winner;
    if (winner < 0) {
      if (this.#sources.length === 0) return false;
      winner = this.#playAll();
      this.sameKey = false;
    } else {
      const source = this.#sources[winner]!;
      const hasNext = source.next();
      // The winner was first of all with its key, so a record with the same key wins again.
      this.sameKey = hasNext && source.sameKey;
      if (!this.sameKey) {
        this.#heads[winner] = hasNext
          ? keyHead(source.keyBytes, source.keyStart, source.keyEnd)
          : HEAD_AFTER_ALL;
        winner = this.#replay(winner);
      }
    }
    this.#winner = winner;
    if (this.#heads[winner] === HEAD_AFTER_ALL) return false;
    const source = this.#sources[winner]!;
    this.keeps = source.keeps;
    this.keyBytes = source.keyBytes;
    this.keyStart = source.keyStart;
    this.keyEnd = source.keyEnd;
    this.valueBytes = source.valueBytes;
    this.valueStart = source.valueStart;
    this.valueEnd = source.valueEnd;
    return true;
  }

  close(): void {
    for (const source of this.#sources) source.close();
  }

  /** Moves every source to its first record and plays all matches; gives the winner. */
  #playAll(): number {
    const count = this.#sources.length;
    const winners = new Int32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const source = this.#sources[i]!;
      this.#heads[i] = source.next()
        ? keyHead(source.keyBytes, source.keyStart, source.keyEnd)
        : HEAD_AFTER_ALL;
      winners[count + i] = i;
    }
    for (let node = count - 1; node > 0; node--) {
      const left = winners[2 * node]!;
      const right = winners[2 * node + 1]!;
      const leftWins = this.#beats(left, right);
      winners[node] = leftWins ? left : right;
      this.#losers[node] = leftWins ? right : left;
    }
    return winners[1]!;
  }

  /** Plays `source` with its new record up to the root; gives the winner of all. */
  #replay(source: number): number {
    const heads = this.#heads;
    const losers = this.#losers;
    let winner = source;
    let head = heads[winner]!;
    for (let node = (source + losers.length) >> 1; node > 0; node >>= 1) {
      const loser = losers[node]!;
      const loserHead = heads[loser]!;
      if (loserHead < head || (loserHead === head && this.#beats(loser, winner))) {
        losers[node] = winner;
        winner = loser;
        head = loserHead;
      }
    }
    return winner;
  }

  #beats(a: number, b: number): boolean {
    const aHead = this.#heads[a]!;
    const bHead = this.#heads[b]!;
    if (aHead !== bHead) return aHead < bHead;
    if (aHead === HEAD_AFTER_ALL) return a < b;
    const aSource = this.#sources[a]!;
    const bSource = this.#sources[b]!;
    const order = compareBehindHead(
      aSource.keyBytes,
      aSource.keyStart,
      aSource.keyEnd,
      bSource.keyBytes,
      bSource.keyStart,
      bSource.keyEnd,
    );
    return order < 0 || (order === 0 && a < b);
  }
}
