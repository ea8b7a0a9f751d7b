/**
 * Finds the lines that match a pattern, for the readers of text. Every line that it lets through has
 * been tried by the pattern, alone; what makes it fast is the lines that are never tried, never even
 * decoded, because they lack the bytes that every match must hold.
 *
 * Why none is missed: a line that matches holds one of the required texts (`required-texts.ts`), and
 * so, decoded from it, the text's bytes. The search goes from the beginning of a line to the first of
 * these bytes; between the two no line holds any, so none of them matches.
 */

import { NEWLINE } from "./line-blocks.ts";
import { requiredTexts } from "./required-texts.ts";

/**
 * Lines nearer to each other than this are read together with those between them: to find a line, and
 * to decode it alone, takes 0.5 µs, in which the pattern tries the lines of 500 bytes.
 */
const NEAR_BYTES = 512;

/** What tells how often bytes come: each split takes a sample of its own. */
const SAMPLE_BYTES = 8 * 1024;
/** What is left of a text is not shorter than this, or it would be found too often. */
const NEEDLE_BYTES_MIN = 3;

/** How the lines become the texts that are tried. */
export type LineEncoding = "utf-8" | "latin1";

/** See the head of this file. One for each reader: it knows the block that is being read. */
export class LineFilter {
  /** How many bytes are worth decoding at once from where `nextLine` has led to. */
  pieceBytes: number;
  readonly #pieceBytesMax: number;
  /** Searches each line from its beginning: it is sticky at the most. */
  readonly #pattern: RegExp;
  /** Undefined where every line has to be tried. */
  readonly #texts: readonly Buffer[] | undefined;
  /** What is searched for in place of the texts: a part of each. */
  #needles: readonly Buffer[] | undefined;
  /** Where each needle is found next; -1 where that is not known. */
  #hits: number[] = [];
  #canSkip = false;
  /** The block, from the beginning of its buffer to its end. */
  #bytes: Buffer = Buffer.alloc(0);

  constructor(pattern: RegExp, encoding: LineEncoding, pieceBytesMax = Number.POSITIVE_INFINITY) {
    this.#pattern = new RegExp(pattern.source, pattern.flags.replace(/[dg]/g, ""));
    this.#texts = textsAsBytes(this.#pattern, encoding);
    this.#pieceBytesMax = pieceBytesMax;
    this.pieceBytes = pieceBytesMax;
  }

  /** Whether the pattern is found in a line. */
  matches(line: string): boolean {
    // A sticky pattern has moved on to where its last match ended.
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(line);
  }

  /**
   * Enters the block `buffer[start, end)`, of whole lines. `isSound` says that all of them can be
   * read, so that those without a match may be passed over unseen.
   */
  enterBlock(buffer: Buffer, start: number, end: number, isSound: boolean): void {
    this.#bytes = buffer.subarray(0, end);
    this.#canSkip = isSound && this.#texts !== undefined;
    this.pieceBytes = this.#canSkip ? 1 : this.#pieceBytesMax;
    if (!this.#canSkip) return;
    this.#needles ??= rarestEnds(this.#texts!, buffer.subarray(start, end));
    this.#hits = this.#needles.map(() => -1);
  }

  /** The beginning of the first line that may match, from the one at `from` on; or the block's end. */
  nextLine(from: number): number {
    if (!this.#canSkip) return from;
    const bytes = this.#bytes;
    const hit = this.#nextHit(from);
    if (hit === bytes.length) return hit;
    const line = Math.max(from, bytes.lastIndexOf(NEWLINE, hit) + 1);
    const isNear = line - from < NEAR_BYTES;
    this.pieceBytes = isNear ? Math.min(this.pieceBytes * 2, this.#pieceBytesMax) : 1;
    return line;
  }

  #nextHit(from: number): number {
    const bytes = this.#bytes;
    let first = bytes.length;
    for (let index = 0; index < this.#hits.length; index++) {
      let hit = this.#hits[index]!;
      if (hit < from) {
        hit = bytes.indexOf(this.#needles![index]!, from);
        if (hit === -1) hit = bytes.length;
        this.#hits[index] = hit;
      }
      if (hit < first) first = hit;
    }
    return first;
  }
}

/** The required texts as they stand in a file; undefined where one cannot stand there like that. */
function textsAsBytes(pattern: RegExp, encoding: LineEncoding): Buffer[] | undefined {
  const texts = requiredTexts(pattern);
  if (texts === undefined) return undefined;
  const encoded = texts.map((text) => Buffer.from(text, encoding));
  const isSame = texts.every((text, index) => encoded[index]!.toString(encoding) === text);
  // What is not valid is decoded as U+FFFD, so that stands for any bytes.
  return isSame && !texts.some((text) => text.includes("\uFFFD")) ? encoded : undefined;
}

/**
 * Of each text the end that begins with the byte that is rarest in a sample of the file: the native
 * search looks for the first byte before it compares, so that byte decides between 2 and 6 GB/s.
 */
function rarestEnds(texts: readonly Buffer[], block: Buffer): Buffer[] {
  const counts = new Uint32Array(256);
  for (const byte of block.subarray(0, SAMPLE_BYTES)) counts[byte]!++;
  return texts.map((text) => {
    let start = 0;
    for (let at = 1; at <= text.length - NEEDLE_BYTES_MIN; at++) {
      if (counts[text[at]!]! < counts[text[start]!]!) start = at;
    }
    return text.subarray(start);
  });
}
