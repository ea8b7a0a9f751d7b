import { afterAll, expect, test } from "vitest";
import { tfIdf } from "./oracles/words.ts";
import { runExample } from "./support/example-run.ts";
import { wordFolder } from "./support/input-folder.ts";

const folder = wordFolder(9);
afterAll(() => folder.remove());

test("tf-idf: weighs each word in each file that holds it", async () => {
  const expected = tfIdf(folder.texts);
  const outputs = await runExample("tf-idf", [folder.path]);
  for (const { lines, user } of outputs) {
    const weights = new Map(
      lines.map((line) => {
        const [word, path, weight] = line.split("\t");
        return [`${word}\t${path}`, Number(weight)];
      }),
    );
    expect(weights.size).toBe(lines.length);
    expect([...weights.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [place, weight] of expected) expect(weights.get(place)).toBeCloseTo(weight, 12);
    expect(user).toEqual({ files: folder.files.size });
  }
  expect(outputs[0]!.sorted).toEqual(outputs[1]!.sorted);
});

test("tf-idf: a word of every file weighs nothing, one of few files much", async () => {
  const [output] = await runExample("tf-idf", [`${folder.path}/Ａ.txt`, `${folder.path}/a.txt`]);
  const weights = output!.lines.map((line) => line.split("\t"));
  const weightOf = (word: string) => weights.filter(([each]) => each === word).map((row) => row[2]);
  expect(weightOf("only")).toEqual([String(Math.log(2))]);
});
