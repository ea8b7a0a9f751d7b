import { afterAll, expect, test } from "vitest";
import { invertedIndex } from "./oracles/words.ts";
import { runExample } from "./support/example-run.ts";
import { wordFolder } from "./support/input-folder.ts";

const folder = wordFolder(8);
afterAll(() => folder.remove());

test("inverted-index: the files of each word, sorted, by their paths below the folder", async () => {
  const expected = invertedIndex(folder.texts);
  for (const { partitions, lines, sorted } of await runExample("inverted-index", [folder.path])) {
    expect(sorted).toEqual(expected);
    if (partitions === 1) expect(lines).toEqual(expected);
  }
  expect(expected).toContain("only\tＡ.txt,𐐀.txt");
});

test("inverted-index: a file that is named itself goes by its base name, once", async () => {
  const inputs = [`${folder.path}/b/crlf.txt`, `${folder.path}/a.txt`];
  const expected = invertedIndex([
    ["a.txt", folder.files.get("a.txt")!.toString()],
    ["crlf.txt", folder.files.get("b/crlf.txt")!.toString()],
  ]);
  for (const { sorted } of await runExample("inverted-index", inputs)) {
    expect(sorted).toEqual(expected);
  }
});
