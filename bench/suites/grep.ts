/** Search for rare lines: one word, and a choice of three. */

import type { DataFolder } from "../data/data-folder.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { SQL_PLAIN, sqlLines, sqlText } from "../peers/duckdb.ts";
import { shellContender } from "../peers/shell.ts";
import { sizeText } from "../report/figures.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";

/** How many lines a pattern should find: rare, whatever the size. */
const MATCHES = 300;
/** Bytes of a word of running text with its separator, and the sum of 1/rank over all words. */
const WORD_BYTES = 5.7;
const ZIPF_SUM = 12.3;

export const grepWord: SuiteMaker = {
  id: "grep",
  make: (setting) => {
    const [word] = rareWords(setting.data, setting.sizeBytes, 1);
    return grepSuite(setting, "grep, a rare word", word!);
  },
};

export const grepChoice: SuiteMaker = {
  id: "grep-choice",
  make: (setting) => {
    const [first, second, third] = rareWords(setting.data, setting.sizeBytes, 3);
    return grepSuite(setting, "grep, three rare words", `${first}|${second}|${third}`);
  },
};

function grepSuite(setting: Setting, name: string, pattern: string): Suite {
  const { sizeBytes, slots, data, tools } = setting;
  const input = data.words(sizeBytes);
  return {
    title: name,
    input: `${sizeText(sizeBytes)} of text, pattern ${pattern}`,
    inputPaths: [input],
    contenders: [
      tools.sheaf.contender({
        id: "sheaf",
        label: `Sheaf, ${slots} slots`,
        job: "grep",
        input,
        flags: ["-R", "1", "--param", `pattern=${pattern}`],
      }),
      shellContender({
        id: "grep",
        label: "GNU grep -hE, 1 thread",
        tool: tools.grep,
        script: 'exec grep -hE "$1" "$2"',
        args: [pattern, input],
      }),
      tools.duckdb.contender({
        id: "duckdb",
        label: `DuckDB, ${slots} threads`,
        sql: (output) => [
          `COPY (SELECT line FROM ${sqlLines(input)}
             WHERE regexp_matches(line, ${sqlText(pattern)})) TO ${output} ${SQL_PLAIN}`,
        ],
      }),
      tools.spark.contender({ id: "spark", job: "grep", args: [input, pattern] }),
    ],
    answer: bytesInOrder,
    goals: [
      { kind: "ratio", name, ours: "sheaf", peer: "grep", atMost: 1 },
      { kind: "ratio", name, ours: "sheaf", peer: "spark", atMost: 0.5 },
      { kind: "ratio", name, ours: "sheaf", peer: "duckdb" },
    ],
  };
}

/** Neighbours in frequency, each of which occurs about MATCHES times in a text of this size. */
function rareWords(data: DataFolder, sizeBytes: number, count: number): string[] {
  const { words } = data.vocabulary;
  const rank = Math.round(sizeBytes / WORD_BYTES / ZIPF_SUM / MATCHES);
  const from = Math.min(Math.max(rank, 200), words.length - 50);
  // Long words, because a short one is also found inside of others.
  return words
    .slice(from)
    .filter((word) => word.length >= 6)
    .slice(0, count);
}
