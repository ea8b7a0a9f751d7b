import fc from "fast-check";
import { expect, test } from "vitest";
import { lastForm } from "../../test/support/forms.ts";
import { string } from "../job/codec/string.ts";
import { compareUtf8 } from "./compare-utf8.ts";

// Few units, so that texts share beginnings; halves of characters, in pairs and alone.
const units = ["a", "b", "\ud7ff", "\ud800", "\ud801", "\udc00", "\udc01", "\ue000", "\uffff"];
const text = fc.array(fc.constantFrom(...units), { maxLength: 5 }).map((list) => list.join(""));

test("compareUtf8: the order of strings is that of their bytes as keys", () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(lastForm(string(), a), lastForm(string(), b));
      expect(Math.sign(compareUtf8(a, b))).toBe(expected);
    }),
    { numRuns: 5000 },
  );
});

test("compareUtf8: a beginning comes first, and characters beyond U+FFFF last", () => {
  const sorted = ["", "a", "aa", "b", "é", "\ud800", "\udc00", "ａ", "\uffff", "𐐀", "𐐀a", "𐐁"];
  expect([...sorted].reverse().sort(compareUtf8)).toEqual(sorted);
});
