import fc from "fast-check";
import { expect, test } from "vitest";
import { codeFrame } from "./code-frame.ts";

const SOURCE = ["one", "two", "three", "four", "five", "six", "seven", ""].join("\n");

test("codeFrame: a line comes with two neighbours on each side, a mark and a caret", () => {
  expect(codeFrame(SOURCE, 4, 3)).toBe(
    ["  2 | two", "  3 | three", "> 4 | four", "    |   ^", "  5 | five", "  6 | six"].join("\n"),
  );
});

test("codeFrame: the first and the last line have fewer neighbours", () => {
  expect(codeFrame(SOURCE, 1, 1)).toBe("> 1 | one\n    | ^\n  2 | two\n  3 | three");
  expect(codeFrame(SOURCE, 7, 5)).toBe("  5 | five\n  6 | six\n> 7 | seven\n    |     ^");
});

test("codeFrame: line numbers of different length are aligned", () => {
  const source = Array.from({ length: 11 }, (_, index) => `line${index + 1}`).join("\n");
  expect(codeFrame(source, 9, 1)).toBe(
    [
      "   7 | line7",
      "   8 | line8",
      ">  9 | line9",
      "     | ^",
      "  10 | line10",
      "  11 | line11",
    ].join("\n"),
  );
});

test("codeFrame: a line that the source does not have gives none", () => {
  expect(codeFrame(SOURCE, 8, 1)).toBeUndefined();
  expect(codeFrame(SOURCE, 0, 1)).toBeUndefined();
  expect(codeFrame("", 1, 1)).toBeUndefined();
});

test("codeFrame: a column at or past the end of its line stands at the end", () => {
  expect(codeFrame("ab", 1, 3)).toBe("> 1 | ab\n    |   ^");
  expect(codeFrame("ab", 1, 99)).toBe("> 1 | ab\n    |   ^");
});

test("codeFrame: tabs take two columns, before the caret too", () => {
  expect(codeFrame("\t\treturn x;", 1, 10)).toBe("> 1 |     return x;\n    |            ^");
});

test("codeFrame: the caret stands under its character behind wide ones and combining marks", () => {
  const cells = (text: string) =>
    codeFrame(text, 1, text.indexOf("x") + 1)!.split("\n")[1]!.length - 7;
  expect(cells('f("ab", x)')).toBe(8);
  expect(cells('f("日本", x)')).toBe(10);
  expect(cells('f("😀", x)')).toBe(8);
  expect(cells('f("e\u0301", x)')).toBe(7);
});

test("codeFrame: every kind of line end counts, and a byte order mark is not shown", () => {
  expect(codeFrame("\ufeffa\r\nb\rc\u2028d", 4, 1)).toBe("  2 | b\n  3 | c\n> 4 | d\n    | ^");
  expect(codeFrame("\ufeffa\r\nb", 1, 1)).toBe("> 1 | a\n    | ^\n  2 | b");
});

test("codeFrame: what a terminal would obey is not passed on", () => {
  expect(codeFrame("a\u001b[31mb\u0007", 1, 1)).toBe("> 1 | a\ufffd[31mb\ufffd\n    | ^");
});

test("codeFrame: a long line is cut around the column, its neighbours at the same place", () => {
  const long = `${"x".repeat(500)}HERE${"y".repeat(500)}`;
  const frame = codeFrame(`short\n${long}\n${long}`, 2, 501)!;
  const [short, line, caret, neighbour] = frame.split("\n");
  expect(short).toBe("  1 | …");
  expect(line).toBe(`> 2 | …${"x".repeat(47)}HERE${"y".repeat(44)}…`);
  expect(line!.indexOf("HERE")).toBe(caret!.indexOf("^"));
  expect(neighbour!.slice(6)).toBe(line!.slice(6));
});

test("codeFrame: the caret is under its character wherever a line is cut", () => {
  const line = fc.string({
    unit: fc.constantFrom("a", "b", "\t", " ", "é"),
    minLength: 1,
    maxLength: 400,
  });
  fc.assert(
    fc.property(line, fc.nat(), (text, at) => {
      const index = at % text.length;
      const marked = `${text.slice(0, index)}#${text.slice(index + 1)}`;
      const [shown, caret] = codeFrame(marked, 1, index + 1)!.split("\n");
      expect(caret!.indexOf("^")).toBe(shown!.indexOf("#"));
      expect(shown!.length).toBeLessThanOrEqual(6 + 97);
    }),
    { numRuns: 300 },
  );
});

test("codeFrame: a cut never splits a character in two", () => {
  const emoji = "😀".repeat(300);
  for (let column = 1; column <= 600; column++) {
    expect(codeFrame(emoji, 1, column)).not.toMatch(/\p{Surrogate}/u);
  }
});
