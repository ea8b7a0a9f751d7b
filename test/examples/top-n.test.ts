import { afterAll, expect, test } from "vitest";
import { byFrequency, tally, wordsOf } from "./oracles/words.ts";
import { runExample } from "./support/example-run.ts";
import { wordFolder } from "./support/input-folder.ts";

const folder = wordFolder(3);
afterAll(() => folder.remove());
const ranking = byFrequency(tally(folder.texts.flatMap(([, text]) => wordsOf(text))));

test.each([7, 10_000])("top-n: the %i most frequent words, ties by word", async (n) => {
  const expected = ranking.slice(0, n).map(([word, count]) => `${word}\t${count}`);
  const params = { n: String(n) };
  for (const { lines } of await runExample("top-n", [folder.path], params)) {
    expect(lines).toEqual(expected);
  }
});

test("top-n: ten unless told otherwise", async () => {
  const [output] = await runExample("top-n", [folder.path]);
  expect(output!.lines).toHaveLength(10);
});

test.each(["0", "-1", "1.5", "many"])("top-n: n=%s is refused", async (n) => {
  await expect(runExample("top-n", [folder.path], { n })).rejects.toThrow(/params.*\n +n: /);
});
