/**
 * Random regular expressions, with everything that a pattern may hold, over a few characters, so that
 * they often match random texts of the same characters.
 */

import fc from "fast-check";

/** Characters that fold, that take one to four bytes, that mean something in a pattern. */
const CHARS = [..."AkK\u212As\u017Féя😀1-.\t \uFFFD"];
const LITERALS = [...CHARS, "ab", "sa", "яя", "\\.", "\\t", "\\r", "\\n", "\\x61", "\uD83D"];

/** A character of a text that patterns are tried on. */
export const anyChar: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("a", "b", "s") },
  { weight: 3, arbitrary: fc.constantFrom(...CHARS) },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r", "\u2028") },
);

const CLASSES = [
  "\\d",
  "\\w",
  "\\W",
  "\\s",
  "\\S",
  "\\p{L}",
  ".",
  "[ab]",
  "[^a]",
  "[^]",
  "[[ab]--[b]]",
];
const REFERENCES = ["\\1", "\\k<n>", "(?:\\ud83d)", "\\u{1F600}"];
const ASSERTIONS = ["^", "$", "\\b", "\\B"];
const GROUPS = ["(", "(?:", "(?<n>", "(?=", "(?!", "(?<=", "(?<!", "(?i:", "(?-m:"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{0,1}", "{1,}", "*?", "+?", "{,2}"];
const FLAGS = ["", "i", "u", "iu", "v", "iv", "s", "su", "m", "g", "y", "gy", "dgimsu", "imsy"];

const { source } = fc.letrec<{ source: string; sequence: string; part: string; atom: string }>(
  (tie) => ({
    source: fc.array(tie("sequence"), { minLength: 1, maxLength: 3 }).map((all) => all.join("|")),
    sequence: fc.array(tie("part"), { maxLength: 4 }).map((parts) => parts.join("")),
    part: fc.oneof(
      { weight: 4, arbitrary: tie("atom") },
      fc
        .tuple(tie("atom"), fc.constantFrom(...QUANTIFIERS))
        .map(([atom, quantifier]) => atom + quantifier),
    ),
    atom: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 8, arbitrary: fc.constantFrom("a", "b", "s") },
      { weight: 4, arbitrary: fc.constantFrom(...LITERALS) },
      { weight: 2, arbitrary: fc.constantFrom(...CLASSES) },
      { weight: 1, arbitrary: fc.constantFrom(...ASSERTIONS) },
      { weight: 1, arbitrary: fc.constantFrom(...REFERENCES) },
      {
        weight: 4,
        arbitrary: fc
          .tuple(fc.constantFrom(...GROUPS), tie("source"))
          .map(([open, inner]) => `${open}${inner})`),
      },
    ),
  }),
);

/** A regular expression that this Node compiles. */
export const anyPattern: fc.Arbitrary<RegExp> = fc
  .tuple(source, fc.constantFrom(...FLAGS))
  .map(([text, flags]) => compile(text, flags))
  .filter((pattern) => pattern !== undefined);

function compile(text: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(text, flags);
  } catch {
    return undefined;
  }
}
