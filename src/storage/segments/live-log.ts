/**
 * Where the entries of the log lie: the index of the live ones, in memory, as the records of the
 * segments make it when they are read, and as appends go on to make it. It holds places, no data.
 *
 * What always holds: live entries follow each other without gaps from `base.index + 1`, and those of
 * one segment lie in it in the order of their indices.
 */

import { assert } from "../../base/assert.ts";
import { OffsetList } from "./offset-list.ts";

/** The entry before the first; its term is not known where its record could not be read. */
export interface LogBase {
  readonly index: number;
  readonly term: number | undefined;
}

/** Where an entry lies. */
export interface EntryPlace {
  readonly segment: number;
  readonly offset: number;
}

/** Live entries of one segment. */
interface Run {
  readonly segment: number;
  readonly first: number;
  readonly offsets: OffsetList;
}

export class LiveLog {
  #base: LogBase;
  #runs: Run[] = [];
  /** Terms change rarely: each is kept where it begins. */
  #terms: { readonly first: number; readonly term: number }[] = [];
  #last: number;
  #generation = 0;

  constructor(base: LogBase) {
    this.#base = base;
    this.#last = base.index;
  }

  get base(): LogBase {
    return this.#base;
  }

  /** Changes whenever entries go that are not the oldest. */
  get generation(): number {
    return this.#generation;
  }

  get firstIndex(): number {
    return this.#base.index + 1;
  }

  /** The base's index where there are no entries. */
  get lastIndex(): number {
    return this.#last;
  }

  get lastTerm(): number | undefined {
    return this.termAt(this.#last);
  }

  /** The term of an entry or of the base; `undefined` for any other, and where it is not known. */
  termAt(index: number): number | undefined {
    if (index === this.#base.index) return this.#base.term;
    if (index < this.firstIndex || index > this.#last) return undefined;
    return this.#terms.findLast(({ first }) => first <= index)?.term;
  }

  placeOf(index: number): EntryPlace {
    assert(index >= this.firstIndex && index <= this.#last, `entry ${index} is in the log`);
    const run = this.#runs.findLast(({ first }) => first <= index)!;
    return { segment: run.segment, offset: run.offsets.at(index - run.first) };
  }

  /** The last live entry of a segment, or the one before where it has none; 0 before all. */
  lastIndexOf(segment: number): number {
    const run = this.#runs.findLast((candidate) => candidate.segment <= segment);
    return run === undefined ? this.#base.index : run.first + run.offsets.length - 1;
  }

  /** Takes in the entry after the last. */
  append(index: number, term: number, { segment, offset }: EntryPlace): void {
    assert(index === this.#last + 1, `entry ${index} follows entry ${this.#last}`);
    let run = this.#runs.at(-1);
    if (run === undefined || run.segment !== segment) {
      run = { segment, first: index, offsets: new OffsetList() };
      this.#runs.push(run);
    }
    run.offsets.push(offset);
    if (this.#terms.at(-1)?.term !== term) this.#terms.push({ first: index, term });
    this.#last = index;
  }

  /** Entries at and after an index are void. */
  truncate(from: number): void {
    assert(from > this.#base.index, `entry ${from} is not compacted, so that it can be truncated`);
    if (from > this.#last) return;
    this.#generation++;
    while ((this.#runs.at(-1)?.first ?? 0) >= from) this.#runs.pop();
    const run = this.#runs.at(-1);
    run?.offsets.truncate(from - run.first);
    while ((this.#terms.at(-1)?.first ?? 0) >= from) this.#terms.pop();
    this.#last = from - 1;
  }

  /** Entries up to an index are forgotten. */
  compact(index: number): void {
    if (index <= this.#base.index) return;
    assert(index <= this.#last, `entry ${index} is in the log, so that it can be compacted`);
    const term = this.termAt(index);
    const isPast = (run: Run): boolean => run.first + run.offsets.length - 1 <= index;
    this.#runs = this.#runs.filter((run) => !isPast(run));
    const kept = this.#terms.filter(({ first }) => first > index);
    const next = index < this.#last ? this.termAt(index + 1) : undefined;
    if (next !== undefined && kept[0]?.first !== index + 1) {
      kept.unshift({ first: index + 1, term: next });
    }
    this.#terms = kept;
    this.#base = { index, term };
  }

  /** The term of the base becomes known. */
  nameBase(term: number): void {
    this.#base = { index: this.#base.index, term };
  }

  /** The log begins anew. */
  restart(base: LogBase): void {
    this.#generation++;
    this.#base = base;
    this.#runs = [];
    this.#terms = [];
    this.#last = base.index;
  }
}
