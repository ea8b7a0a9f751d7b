/**
 * The words of a string, in order: its longest runs of letters of any script, what a match of
 * `/\p{L}+/gu` finds, for a third of the price where the text is ASCII.
 */

const ASCII_END = 0x80;
/** By character code below 0x80: whether it is a letter. */
const ASCII_LETTERS = Uint8Array.from({ length: ASCII_END }, (_, code) =>
  /[a-z]/i.test(String.fromCharCode(code)) ? 1 : 0,
);
const LETTER = /\p{L}/u;
/** Whether each character of the basic plane is a letter: 0 not known yet, 1 no, 2 yes. */
const known = new Uint8Array(0x10000);
const NO = 1;
const YES = 2;
const BASIC_END = 0x10000;

/** Iterable, iterator and result in one, like the words of a line of bytes. */
export class TextWords implements IterableIterator<string> {
  done = false;
  value = "";
  readonly #text: string;
  #next = 0;

  constructor(text: string) {
    this.#text = text;
  }

  [Symbol.iterator](): this {
    return this;
  }

  // The result is the iterator itself: its type is that of either kind of result.
  next(): IteratorResult<string, undefined> {
    const text = this.#text;
    const end = text.length;
    let at = this.#next;
    // A loop for ASCII alone, and one for the rest, which nearly all texts never enter.
    for (;;) {
      let code = 0;
      for (; at < end; at++) {
        code = text.charCodeAt(at);
        if (code >= ASCII_END || ASCII_LETTERS[code] !== 0) break;
      }
      if (at >= end) {
        this.done = true;
        this.#next = end;
        return this as unknown as IteratorResult<string, undefined>;
      }
      if (code < ASCII_END) break;
      const width = letterWidth(text, at);
      if (width > 0) break;
      at += code >= 0xd800 && code < 0xdc00 && (text.codePointAt(at) ?? 0) >= BASIC_END ? 2 : 1;
    }
    const start = at;
    for (;;) {
      let code = 0;
      for (; at < end; at++) {
        code = text.charCodeAt(at);
        if (code >= ASCII_END || ASCII_LETTERS[code] === 0) break;
      }
      if (at >= end || code < ASCII_END) break;
      const width = letterWidth(text, at);
      if (width === 0) break;
      at += width;
    }
    this.#next = at;
    this.value = text.slice(start, at);
    return this as unknown as IteratorResult<string, undefined>;
  }
}

/** How many units the letter at `at` takes; 0 where there is none. */
function letterWidth(text: string, at: number): number {
  const point = text.codePointAt(at)!;
  if (point >= BASIC_END) return LETTER.test(String.fromCodePoint(point)) ? 2 : 0;
  let answer = known[point]!;
  if (answer === 0) {
    answer = LETTER.test(String.fromCharCode(point)) ? YES : NO;
    known[point] = answer;
  }
  return answer === YES ? 1 : 0;
}
