/**
 * The generated inputs on disk, each made once for a size and kept: a name tells what is in it. A
 * file appears under its name only when it is whole.
 */

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Random } from "./random.ts";
import { writeDistinctKeys, writeRecords, writeValues } from "./records.ts";
import { writeLines, writeManyFiles, writeWords } from "./texts.ts";
import { Vocabulary } from "./vocabulary.ts";

/** Goes up whenever a generator changes what it writes. */
const VERSION = 1;
/** Every generator has its own stream of this seed. */
const SEED = 20_041_206;
const FILE_BYTES = 500_000;

/** See the head of this file; every method returns the path of a file or folder. */
export class DataFolder {
  readonly root: string;
  readonly #say: (line: string) => void;
  #vocabulary: Vocabulary | undefined;

  constructor(root: string, say: (line: string) => void) {
    this.root = root;
    this.#say = say;
    mkdirSync(root, { recursive: true });
  }

  get vocabulary(): Vocabulary {
    this.#vocabulary ??= new Vocabulary(SEED);
    return this.#vocabulary;
  }

  words(sizeBytes: number): string {
    return this.#once(`words-${sizeBytes}.txt`, (file) => {
      writeWords(file, sizeBytes, new Random(SEED + 1), this.vocabulary);
    });
  }

  lines(sizeBytes: number): string {
    return this.#once(`lines-${sizeBytes}.txt`, (file) => {
      writeLines(file, sizeBytes, new Random(SEED + 2), this.vocabulary);
    });
  }

  /** A folder of files of 500 KB each, four at the least. */
  manyFiles(sizeBytes: number): string {
    const files = Math.max(4, Math.round(sizeBytes / FILE_BYTES));
    return this.#once(`files-${sizeBytes}`, (folder) => {
      writeManyFiles(folder, sizeBytes, files, new Random(SEED + 3), this.vocabulary);
    });
  }

  records(sizeBytes: number): string {
    return this.#once(`records-${sizeBytes}.txt`, (file) => {
      writeRecords(file, sizeBytes, new Random(SEED + 4));
    });
  }

  distinctKeys(records: number): string {
    return this.#once(`keys-${records}.txt`, (file) => writeDistinctKeys(file, records));
  }

  values(records: number): string {
    return this.#once(`values-${records}.txt`, (file) => {
      writeValues(file, records, new Random(SEED + 5));
    });
  }

  /** Blocks of 1 KiB of zeros, each of which can be a split of its own. */
  blocks(count: number): string {
    return this.#once(`blocks-${count}.bin`, (file) => {
      writeFileSync(file, new Uint8Array(count * 1024));
    });
  }

  oneLine(): string {
    return this.#once("one-line.txt", (file) => {
      writeWords(file, 1, new Random(SEED + 6), this.vocabulary);
    });
  }

  #once(name: string, write: (path: string) => void): string {
    const target = path.join(this.root, `v${VERSION}-${name}`);
    if (existsSync(target)) return target;
    const startMs = performance.now();
    const unfinished = `${target}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    write(unfinished);
    renameSync(unfinished, target);
    this.#say(`made ${name} in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
    return target;
  }
}
