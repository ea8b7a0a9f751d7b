/**
 * What has happened, as one number and as its last lines: two runs with the same number took the same
 * way. Everything that crosses from one machine to another, or into a log, is noted.
 */

const LINES_KEPT = 400;

/** A part of a line. */
export type Word = string | number | undefined;

/** See the head of this file. */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x9e3779b9;
  #count = 0;
  /** The last lines, in a ring; kept only where somebody wants to read them. */
  readonly #lines: string[] | undefined;

  constructor(keepsLines: boolean) {
    this.#lines = keepsLines ? [] : undefined;
  }

  note(timeMs: number, ...words: readonly Word[]): void {
    this.#number(timeMs);
    for (const word of words) {
      if (typeof word === "string") this.#text(word);
      else this.#number(word ?? -1);
    }
    if (this.#lines !== undefined) {
      this.#lines[this.#count % LINES_KEPT] = `${timeMs.toFixed(3)} ${words.join(" ")}`;
    }
    this.#count++;
  }

  /** How many things were noted. */
  get count(): number {
    return this.#count;
  }

  /** The number, in hexadecimal. */
  get hash(): string {
    const hex = (part: number) => (part >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** The last lines, the oldest first. */
  get lines(): readonly string[] {
    const lines = this.#lines ?? [];
    const next = lines.length < LINES_KEPT ? 0 : this.#count % LINES_KEPT;
    return [...lines.slice(next), ...lines.slice(0, next)];
  }

  #text(word: string): void {
    for (let i = 0; i < word.length; i++) this.#mix(word.charCodeAt(i));
    this.#mix(0x1f);
  }

  #number(word: number): void {
    this.#mix(word | 0);
    this.#mix((word * 1000) | 0);
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#high = Math.imul(this.#high ^ value ^ (this.#low >>> 15), 0x85ebca6b);
  }
}
