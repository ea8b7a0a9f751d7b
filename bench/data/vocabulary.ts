/**
 * The words of the benchmark: distinct, lower-case ASCII, drawn with Zipf's frequencies. Frequent
 * words are short, as in a language, so that a word of running text has about 4.7 letters.
 */

import { Random } from "./random.ts";

/** Distinct words. */
export const VOCABULARY_WORDS = 120_000;
const LETTERS_MAX = 14;
/** Letters by how often English uses them. */
const ALPHABET = "eeeeeeetttttaaaaooooiiiinnnnsssshhhhrrrrddlllcuummwwffggyyppbbvkjxqz";

/** See the head of this file. Word 0 is the most frequent. */
export class Vocabulary {
  readonly words: readonly string[];
  /** The letters of word `rank` stand at `rank * LETTERS_MAX`, `lengths[rank]` of them. */
  readonly #letters: Uint8Array;
  readonly #lengths: Uint8Array;
  readonly #sampler: AliasSampler;

  constructor(seed: number) {
    const random = new Random(seed);
    this.words = makeWords(random);
    this.#letters = new Uint8Array(VOCABULARY_WORDS * LETTERS_MAX);
    this.#lengths = new Uint8Array(VOCABULARY_WORDS);
    for (const [rank, word] of this.words.entries()) {
      this.#lengths[rank] = Buffer.from(this.#letters.buffer).write(
        word,
        rank * LETTERS_MAX,
        "latin1",
      );
    }
    const weights = Float64Array.from(this.words, (_word, rank) => 1 / (rank + 1));
    this.#sampler = new AliasSampler(weights);
  }

  /** Draws a word and writes it at `offset`; returns the offset behind it. */
  write(random: Random, target: Uint8Array, offset: number): number {
    const rank = this.#sampler.draw(random);
    const length = this.#lengths[rank]!;
    const from = rank * LETTERS_MAX;
    // A loop beats `set` and `copyWithin` for words this short: 20 ns against 60.
    for (let index = 0; index < length; index++)
      target[offset + index] = this.#letters[from + index]!;
    return offset + length;
  }
}

function makeWords(random: Random): string[] {
  const words = new Set<string>();
  while (words.size < VOCABULARY_WORDS) {
    // Under Zipf's law ln(rank) is almost uniform, with a mean of 5.85 for this vocabulary: 4.7
    // letters a word come of 2.08 + 0.46 ln(rank), give or take one.
    const mean = 2.08 + 0.46 * Math.log(words.size + 1);
    let length = Math.round(mean + (random.below(1000) / 1000 - 0.5) * 2);
    length = Math.max(1, Math.min(LETTERS_MAX, length));
    let word = "";
    while (word.length < length) word += ALPHABET[random.below(ALPHABET.length)]!;
    words.add(word);
  }
  return [...words];
}

/** Draws an index with probability proportional to its weight in constant time (Walker, Vose). */
export class AliasSampler {
  /** Out of 2^32: how likely a column gives its own index. */
  readonly #own: Float64Array;
  readonly #alias: Uint32Array;

  constructor(weights: Float64Array) {
    const count = weights.length;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const scaled = weights.map((weight) => (weight * count) / total);
    this.#own = new Float64Array(count).fill(0x1_0000_0000);
    this.#alias = Uint32Array.from({ length: count }, (_value, index) => index);
    const small: number[] = [];
    const large: number[] = [];
    for (const [index, weight] of scaled.entries()) (weight < 1 ? small : large).push(index);
    while (small.length > 0 && large.length > 0) {
      const poor = small.pop()!;
      const rich = large.at(-1)!;
      this.#own[poor] = scaled[poor]! * 0x1_0000_0000;
      this.#alias[poor] = rich;
      scaled[rich] = scaled[rich]! + scaled[poor]! - 1;
      if (scaled[rich]! < 1) small.push(large.pop()!);
    }
  }

  draw(random: Random): number {
    const column = random.below(this.#own.length);
    return random.next() < this.#own[column]! ? column : this.#alias[column]!;
  }
}
