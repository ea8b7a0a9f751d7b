/**
 * The generated texts: words in lines for counting and searching, the same cut into many files for
 * the index, and lines of very different lengths for sorting.
 */

import { mkdirSync } from "node:fs";
import path from "node:path";
import { FileWriter } from "./file-writer.ts";
import type { Random } from "./random.ts";
import type { Vocabulary } from "./vocabulary.ts";

const SPACE = 0x20;
const NEWLINE = 0x0a;
/** A line ends with the word that reaches this length: about 80 bytes with its newline. */
const LINE_BYTES = 76;
/** More than any one line with the word that ends it. */
const LINE_ROOM_BYTES = 256;

/** Words with single spaces between them, in lines of about 80 bytes. */
export function writeWords(
  file: string,
  sizeBytes: number,
  random: Random,
  words: Vocabulary,
): void {
  const writer = new FileWriter(file);
  while (writer.sizeBytes < sizeBytes) {
    writer.room(LINE_ROOM_BYTES);
    writer.used = writeLine(writer.block, writer.used, LINE_BYTES, random, words);
  }
  writer.close();
}

/** Lines of 40 to 120 bytes, their lengths uniform: what a sort of real text looks like. */
export function writeLines(
  file: string,
  sizeBytes: number,
  random: Random,
  words: Vocabulary,
): void {
  const writer = new FileWriter(file);
  while (writer.sizeBytes < sizeBytes) {
    writer.room(LINE_ROOM_BYTES);
    const length = 40 + random.below(76);
    writer.used = writeLine(writer.block, writer.used, length, random, words);
  }
  writer.close();
}

/** `files` files of words, `sizeBytes` together, named so that their names sort in their order. */
export function writeManyFiles(
  folder: string,
  sizeBytes: number,
  files: number,
  random: Random,
  words: Vocabulary,
): void {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < files; index++) {
    const name = `doc-${String(index).padStart(4, "0")}.txt`;
    writeWords(path.join(folder, name), sizeBytes / files, random, words);
  }
}

function writeLine(
  block: Uint8Array,
  start: number,
  lengthBytes: number,
  random: Random,
  words: Vocabulary,
): number {
  let end = words.write(random, block, start);
  while (end - start < lengthBytes) {
    block[end] = SPACE;
    end = words.write(random, block, end + 1);
  }
  block[end] = NEWLINE;
  return end + 1;
}
