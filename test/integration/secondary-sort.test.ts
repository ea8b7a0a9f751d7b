/**
 * `grouped()` as a job sees it: which records come to one call of reduce, in which order, and which
 * key stands with what comes out.
 */

import { describe, expect, test } from "vitest";
import { jobFile, RunFolder } from "./support/run-folder.ts";

/** Group, order and a word; the words of a group in falling order. */
const LINES = ["b 1 z", "a 2 y", "a 1 x", "b 3 w", "a 1 v", "a 3 u"].map((line) => `${line}\n`);

async function textsOf(reduce: string, result = ""): Promise<string[]> {
  const definition = `  input: text(),
  intermediate: { key: grouped(string(), int()), value: string() },${result}
  map(_position, line, emit) {
    const [group, order, word] = line.split(" ");
    emit([group, Number(order)], word);
  },
  ${reduce},`;
  using folder = new RunFolder({
    "job.ts": jobFile({ definition }),
    ...Object.fromEntries(LINES.map((line, i) => [`in/${i}.txt`, line])),
  });
  const texts: string[] = [];
  for (const options of [{ inline: true }, {}, { skipBadRecords: 1 }, { splitBytes: 1 << 20 }]) {
    texts.push((await folder.run({ partitions: 1, ...options })).text);
  }
  return [...new Set(texts)];
}

describe("a secondary sort", () => {
  const RECORDS = "a\t1\tx\na\t1\tv\na\t2\ty\na\t3\tu\nb\t1\tz\nb\t3\tw\n";

  test("by identity keeps each record's own order field", async () => {
    expect(await textsOf("reduce: identity")).toEqual([RECORDS]);
  });

  test("by identity does so where results have a codec of their own", async () => {
    expect(await textsOf("reduce: identity", "\n  result: json(),")).toEqual([
      RECORDS.replaceAll(/(\w)\n/g, '"$1"\n'),
    ]);
  });

  test("by a function gives it the first record's key, which its results have", async () => {
    const reduce = `reduce([group, order], words, emit) {
    emit(group + order + ":" + [...words].join(""));
    emit("end");
  }`;
    expect(await textsOf(reduce)).toEqual(["a\t1\ta1:xvyu\na\t1\tend\nb\t1\tb1:zw\nb\t1\tend\n"]);
  });
});
