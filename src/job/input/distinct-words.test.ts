import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distinctWords } from "./distinct-words.ts";
import { words } from "./words.ts";

/** What they are, said plainly. */
const plainly = (text: string): string[] => [...new Set(words(text))];

describe("distinctWords", () => {
  test("gives each word once, in the order in which they come first", () => {
    expect(distinctWords("to be or not to be, that's it")).toEqual([
      "to",
      "be",
      "or",
      "not",
      "that",
      "s",
      "it",
    ]);
    expect(distinctWords("")).toEqual([]);
    expect(distinctWords(" 12 ")).toEqual([]);
    expect(distinctWords("für Été für")).toEqual(["für", "Été"]);
  });

  test("are those of `words`, whatever their length, in any text", () => {
    // Few letters, so that words return and longer ones differ in one place only.
    const word = fc.oneof(
      fc.string({ unit: fc.constantFrom("a", "b", "Z"), maxLength: 4 }),
      fc.string({ unit: fc.constantFrom("a", "b"), minLength: 6, maxLength: 12 }),
      fc.constantFrom("é", "文", "x".repeat(3000), `${"x".repeat(2999)}y`),
    );
    const between = fc.constantFrom(" ", "\n", "9", ", ", "".padEnd(2050));
    const ascii = fc.array(
      fc.tuple(
        word.filter((each) => each < "\x80"),
        between,
      ),
    );
    const any = fc.array(fc.tuple(word, between));
    fc.assert(
      fc.property(fc.oneof(ascii, any), (parts) => {
        const text = parts.flat().join("");
        expect(distinctWords(text)).toEqual(plainly(text));
      }),
      { numRuns: 1000 },
    );
  });

  test("of one text are not those of the text before it, however many there were", () => {
    const letters = (number: number): string =>
      number.toString(26).replace(/[0-9]/g, (digit) => "qrstuvwxyz"[Number(digit)]!);
    const many = Array.from({ length: 100_000 }, (_, i) => `${letters(i)} ${letters(i)}abcdefg`);
    const text = many.join(" ");
    expect(distinctWords(text)).toEqual(plainly(text));
    expect(distinctWords(text)).toEqual(plainly(text));
    expect(distinctWords("q r q")).toEqual(["q", "r"]);
  });
});
