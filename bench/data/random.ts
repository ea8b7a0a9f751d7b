/**
 * The benchmark's source of randomness: small, fast and seeded, so that a size and a seed name the
 * same bytes on every machine. Not for anything that must be hard to guess.
 */

/** sfc32: 128 bits of state, passes PractRand; about 3 ns a number. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = 0x9e3779b9;
    this.#c = 0x243f6a88;
    for (let round = 0; round < 16; round++) this.next();
  }

  /** An integer in [0, 2^32). */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** An integer in [0, bound), for bounds up to 2^32; the bias is below bound / 2^32. */
  below(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound);
  }
}
