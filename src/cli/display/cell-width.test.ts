import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellWidth, cutToCells, spellControls, spellOneLine } from "./cell-width.ts";

describe("cellWidth", () => {
  test.each([
    ["", 0],
    ["word-count.ts", 13],
    ["größe", 5],
    ["e\u0301", 1],
    ["数える.ts", 9],
    ["한국어", 6],
    ["ｆｕｌｌ", 8],
    ["ﾊﾝｶｸ", 4],
    ["🌾", 2],
    ["👩‍🌾", 2],
    ["🇨🇭", 2],
    ["❤️", 2],
    ["a\u200bb", 2],
  ])("%j takes %d cells", (text, cells) => {
    expect(cellWidth(text)).toBe(cells);
  });
});

describe("cutToCells", () => {
  test.each([
    ["word-count", 10, "word-count"],
    ["word-count", 9, "word-cou…"],
    ["word-count", 1, "…"],
    ["word-count", 0, ""],
    ["数える数", 8, "数える数"],
    ["数える数", 7, "数える…"],
    ["数える数", 6, "数え…"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
    ["👩‍🌾👩‍🌾", 3, "👩‍🌾…"],
  ])("%j in %d cells is %j", (text, cells, expected) => {
    expect(cutToCells(text, cells)).toBe(expected);
  });

  test("never takes more cells than it is given, and leaves alone what fits", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 20 });
    fc.assert(
      fc.property(text, fc.nat(25), (whole, cells) => {
        const cut = cutToCells(whole, cells);
        expect(cellWidth(cut)).toBeLessThanOrEqual(cells);
        if (cellWidth(whole) <= cells) expect(cut).toBe(whole);
      }),
      { numRuns: 300 },
    );
  });
});

describe("spellControls", () => {
  test("spells out what a terminal would obey, and keeps lines and tabs", () => {
    const text = "a\x1b[31mb\x07\r\n\tc\rd\x9be\u202ef";
    expect(spellControls(text)).toBe("a\\x1b[31mb\\x07\n\tc\\x0dd\\x9be\\u202ef");
  });

  test("on one line, also newlines and tabs", () => {
    expect(spellOneLine("a\n\tb")).toBe("a\\n\\tb");
  });
});
