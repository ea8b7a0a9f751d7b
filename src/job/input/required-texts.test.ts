import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyChar, anyPattern } from "../../../test/support/patterns.ts";
import { requiredTexts } from "./required-texts.ts";

describe("requiredTexts", () => {
  test.each<[RegExp, string[]]>([
    [/ERROR/, ["ERROR"]],
    [/ERROR|FATAL/, ["ERROR", "FATAL"]],
    [/" 50\d /, ['" 50']],
    [/(?<verb>GET|PUT) \/(?:index)?/, ["GET", "PUT"]],
    [/^\s*import\b.*from$/, ["import"]],
    [/ab+c/, ["ab"]],
    [/a*bc{0}d?/, ["b"]],
    [/x{2,}yz/, ["xyz"]],
    [/foo(?!bar)|(?<=q)uux/u, ["foo", "uux"]],
    [/10\.0\.0\.1/i, ["10.0.0.1"]],
    // biome-ignore lint/correctness/noEmptyCharacterClassInRegex: any character, and then a bracket.
    [/[^]]\]/, ["]]"]],
    [/[\]x]\t=/, ["\t="]],
    [/\p{Lu}😀/u, ["😀"]],
    [/a{,5}/, ["a{,5}"]],
  ])("%s: each match holds one of %j", (pattern, texts) => {
    expect(requiredTexts(pattern)).toEqual(texts);
  });

  test.each([
    /(?:)/,
    /a|/,
    /a*/,
    /(?=a)/,
    /[ab]/,
    /./s,
    /error/i,
    /k|s/iu,
    /(a)\1/,
    /(?<n>a)\k<n>/,
    /\x61/,
    /\u{61}/u,
    /a|b|c|d|e/,
  ])("%s: nothing is said", (pattern) => {
    expect(requiredTexts(pattern)).toBeUndefined();
  });

  test("whatever the pattern and the text, a match holds one of the texts", () => {
    const text = fc.array(anyChar, { maxLength: 20 });
    let held = 0;
    fc.assert(
      fc.property(anyPattern, text, (pattern, chars) => {
        const texts = requiredTexts(pattern);
        if (texts === undefined) return;
        const everywhere = new RegExp(pattern, `${pattern.flags.replace(/[gy]/g, "")}g`);
        for (const [match] of chars.join("").matchAll(everywhere)) {
          expect(texts.filter((each) => match.includes(each))).not.toEqual([]);
          held++;
        }
      }),
      { numRuns: 10_000 },
    );
    expect(held).toBeGreaterThan(300);
  });
});
