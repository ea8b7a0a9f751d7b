import { afterAll, expect, test } from "vitest";
import { wordCounts } from "./oracles/words.ts";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder, wordFolder } from "./support/input-folder.ts";
import { shell } from "./support/shell.ts";

const folder = wordFolder(1);
afterAll(() => folder.remove());

test("word-count: counts the words of every script, in files of every kind", async () => {
  const expected = wordCounts(folder.texts.map(([, text]) => text));
  expect(expected.length).toBeGreaterThan(30);
  for (const { partitions, lines, sorted } of await runExample("word-count", [folder.path])) {
    expect(sorted).toEqual(expected);
    if (partitions === 1) expect(lines).toEqual(expected);
  }
});

test("word-count: agrees with grep, sort and uniq on ASCII", async () => {
  const ascii = new InputFolder();
  try {
    const dice = new Dice(2);
    const character = () => dice.of([..."aabbcdeETX  \n\n,.1'-_"]);
    ascii.write("one.txt", Array.from({ length: 9000 }, character).join(""));
    ascii.write("two.txt", Array.from({ length: 3000 }, character).join(""));
    const expected = shell(
      `grep -ohE '[A-Za-z]+' "$1"/*.txt | sort | uniq -c | awk '{ print $2 "\\t" $1 }'`,
      ascii.path,
    );
    const [output] = await runExample("word-count", [ascii.path]);
    expect(output!.text).toBe(expected.toString());
  } finally {
    ascii.remove();
  }
});
