/**
 * A temporary folder with the input of a test: files as they are met outside, among them compressed
 * ones, ones with CR LF or without a final line end, and texts in several scripts.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** See the head of this file. Remove it when the test ends. */
export class InputFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-input-")));
  /** What was written, by path below the folder; decompressed. */
  readonly files = new Map<string, Buffer>();

  /** Writes a file, compressed if its name ends in `.gz`; returns its absolute path. */
  write(name: string, content: string | Uint8Array): string {
    const bytes = Buffer.from(content);
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name.endsWith(".gz") ? gzipSync(bytes) : bytes);
    this.files.set(name, bytes);
    return path;
  }

  /** The texts of all files, by path below the folder, in the order of their bytes. */
  get texts(): [string, string][] {
    const names = [...this.files.keys()].sort((a, b) => {
      return Buffer.compare(Buffer.from(a), Buffer.from(b));
    });
    return names.map((name) => [name, this.files.get(name)!.toString()]);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** Whole numbers that look random, the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number in [0, sides). */
  below(sides: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides);
  }

  /** One of several. */
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

// Several scripts and cases; letters beyond U+FFFF, and ones that sort differently as UTF-16.
const WORDS = [
  ..."the The THE of and to in boat Boat harbour naïve café Straße STRASSE Łódź ΟΔΟΣ οδός".split(
    " ",
  ),
  ..."море Море שלום سلام 東京 日本語 カタカナ 한국어 ไทย हिन्दी İstanbul ı ﬁne Ａ 𐐀𐐁 𐐨 𠀋 x".split(
    " ",
  ),
];
const SEPARATORS = [" ", " ", " ", "  ", ", ", ". ", "-", "'", " 1984 ", "\t", "_", "\u00a0", "…"];

/** Lines of words, the first of which are the most frequent. */
export function wordLines(dice: Dice, count: number): string[] {
  return Array.from({ length: count }, () => {
    let line = "";
    for (let words = dice.below(12); words > 0; words--) {
      line += dice.of(WORDS.slice(0, 1 + dice.below(WORDS.length))) + dice.of(SEPARATORS);
    }
    return line;
  });
}

/** A folder of such texts: CR LF, no final line end, an empty file, a mark, gzip, subfolders. */
export function wordFolder(seed: number): InputFolder {
  const dice = new Dice(seed);
  const folder = new InputFolder();
  const text = (ending: string) => wordLines(dice, 60).join(ending) + ending;
  folder.write("a.txt", text("\n"));
  folder.write("b/crlf.txt", text("\r\n"));
  folder.write("b/unended.txt", `${text("\n")}the last boat`);
  folder.write("b.txt", `\ufeff${text("\n")}`);
  folder.write("empty.txt", "");
  folder.write("Z/squeezed.txt.gz", text("\n"));
  folder.write("Ａ.txt", "𐐀 Ａ\nonly here\n");
  folder.write("𐐀.txt", "𐐀 Ａ\nonly here\n");
  return folder;
}
