/**
 * The words of a line of text that is ASCII and whose bytes are at hand (`base/text-origin.ts`): they
 * are found among the bytes, and only the words are made as strings. Half the time of `TextWords`.
 *
 * What always holds: all words are found when this is made. Later the bytes may be others; what is left
 * then is the string, in which the words stand where they stood.
 */

import { noteWord, type TextOrigin } from "../../base/text-origin.ts";
import { ASCII_LETTERS, WINDOW_BYTES, WordEdges } from "./word-edges.ts";

/** Longer lines are left to `TextWords`: their words are found a window at a time. */
export const ASCII_WORDS_LINE_MAX = WINDOW_BYTES;

/** Iterable, iterator, result, origin of its last word and the edges of all in one. */
export class AsciiWords extends WordEdges implements IterableIterator<string>, TextOrigin {
  done = false;
  value = "";
  start = 0;
  end = 0;
  readonly #line: string;
  readonly #lineStart: number;
  #next = 0;

  /** `line` has `ASCII_WORDS_LINE_MAX` characters at the most. */
  constructor(line: TextOrigin) {
    super(line.bytes, line.start, line.end, ASCII_LETTERS);
    this.#line = line.value;
    this.#lineStart = line.start;
    noteWord(this);
  }

  get hasBegun(): boolean {
    return this.#next > 0 || this.done;
  }

  [Symbol.iterator](): this {
    return this;
  }

  // The result is the iterator itself: its type is that of either kind of result.
  next(): IteratorResult<string, undefined> {
    const { edges } = this;
    const at = this.#next;
    if (at >= this.count) return this.return();
    const start = edges[at]!;
    const end = edges[at + 1]!;
    this.#next = at + 2;
    this.value = this.#line.slice(start - this.#lineStart, end - this.#lineStart);
    this.start = start;
    this.end = end;
    return this as unknown as IteratorResult<string, undefined>;
  }

  return(): IteratorResult<string, undefined> {
    this.release();
    this.done = true;
    return this as unknown as IteratorResult<string, undefined>;
  }
}
