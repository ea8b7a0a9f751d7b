import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { randomTokenText, readToken, Token } from "./token.ts";

const TEXT = "correct-horse-battery";
const folder = mkdtempSync(join(tmpdir(), "sheaf-token-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("a token", () => {
  const token = new Token(TEXT, "the test");

  test.each([
    [`Bearer ${TEXT}`, true],
    [`bearer  ${TEXT}`, true],
    [`Bearer ${TEXT}x`, false],
    [`Bearer ${TEXT.slice(1)}`, false],
    [`Basic ${TEXT}`, false],
    [TEXT, false],
    ["Bearer ", false],
    ["", false],
    [undefined, false],
  ])("is in the header %j: %s", (header, expected) => {
    expect(token.isIn(header)).toBe(expected);
  });

  test("shows itself to nobody", () => {
    const shown = `${token}${inspect(token, { depth: 9 })}${JSON.stringify({ token })}`;
    expect(shown).not.toContain("horse");
  });

  test.each([
    "short",
    "with a space inside it",
    "with-a-newline\n-in-it",
    "",
    "ümlaute-are-not-http",
  ])("is not %j", (text) => {
    const make = () => new Token(text, "client-token");
    expect(make).toThrow(/client-token is none/);
  });

  test("that is made is one, and another each time", () => {
    expect(randomTokenText()).not.toBe(randomTokenText());
    expect(new Token(randomTokenText(), "x").header).toMatch(/^Bearer [\w-]{43}$/);
  });
});

describe("reading a token", () => {
  test("from a file, whose last line feed is none of it", () => {
    const path = join(folder, "client-token");
    writeFileSync(path, `${TEXT}\n`);
    expect(readToken(path, { SHEAF_TOKEN: "another-one-from-outside" })?.header).toBe(
      `Bearer ${TEXT}`,
    );
  });

  test("from the environment, where there is no file", () => {
    expect(readToken(undefined, { SHEAF_TOKEN: TEXT })?.header).toBe(`Bearer ${TEXT}`);
  });

  test("from nowhere", () => {
    expect(readToken(undefined, {})).toBeUndefined();
  });

  test("from a file that is not there", () => {
    expect(() => readToken(join(folder, "none"), {})).toThrow(/Cannot read the token in/);
  });

  test("tells where a wrong one came from, and not what it is", () => {
    expect(() => readToken(undefined, { SHEAF_TOKEN: "oops" })).toThrow(/\$SHEAF_TOKEN is none/);
    expect(() => readToken(undefined, { SHEAF_TOKEN: "oops" })).not.toThrow(/oops/);
  });
});
