import { afterAll, expect, test } from "vitest";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder, wordLines } from "./support/input-folder.ts";
import { shell } from "./support/shell.ts";

const dice = new Dice(4);
const folder = new InputFolder();
const long = folder.write("long.txt", `${wordLines(dice, 400).join("\n")}\n`);
const unended = folder.write("b/unended.txt", `${wordLines(dice, 30).join("\n")}\nthe end`);
const empty = folder.write("empty.txt", "");
const crlf = folder.write("crlf.txt", wordLines(dice, 200).join("\r\n"));
const marked = folder.write("marked.txt", `\ufeffthe end\r\n${wordLines(dice, 60).join("\r\n")}`);
afterAll(() => folder.remove());

// Patterns that mean the same to grep, which compares bytes here, and to JavaScript.
test.each(["^the|[0-9]{4}", "(boat|Boat)[^a-z]", "море", "^$|end$", "naïve|, $|,.$", "^.*the end"])(
  "grep: lines that match %s are those of grep -hE, in the same order",
  async (pattern) => {
    const inputs = [long, unended, empty, crlf, marked];
    const expected = shell(`pattern=$1; shift; grep -hE "$pattern" "$@"`, pattern, ...inputs);
    expect(expected.length).toBeGreaterThan(0);
    for (const { bytes } of await runExample("grep", inputs, { pattern })) {
      expect(bytes).toEqual(expected);
    }
  },
);

test("grep: a CR and a byte order mark are part of their line, and come out with it", async () => {
  const input = folder.write("exact.txt", "\ufeffthe\r\nthe\r\r\nthe\nthe\r");
  for (const { text } of await runExample("grep", [input], { pattern: "^the.*$" })) {
    expect(text).toBe("the\r\r\nthe\nthe\r\n");
  }
});

test("grep: a pattern may name scripts, and sees letters beyond U+FFFF as one", async () => {
  const params = { pattern: "^.$|\\p{Script=Hiragana}" };
  const input = folder.write("scripts.txt", "𐐀\nab\nひらがな\n漢字\n\n𐐀𐐁\nё\n");
  for (const { lines } of await runExample("grep", [input], params)) {
    expect(lines).toEqual(["𐐀", "ひらがな", "ё"]);
  }
});

test("grep: where nothing matches, the output is empty", async () => {
  for (const { bytes } of await runExample("grep", [long], { pattern: "nowhere" })) {
    expect(bytes).toHaveLength(0);
  }
});

test("grep: a pattern that is none, a missing one and an unknown param are refused", async () => {
  await expect(runExample("grep", [long], { pattern: "(" })).rejects.toThrow(/Unterminated group/);
  await expect(runExample("grep", [long], {})).rejects.toThrow(/pattern/);
  await expect(runExample("grep", [long], { pattern: "a", flags: "i" })).rejects.toThrow(/flags/);
});
