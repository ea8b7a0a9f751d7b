/** Word count: the same text counted from strings, from bytes, and with one slot. */

import { linesInAnyOrder } from "../measure/answers.ts";
import { SQL_PLAIN, sqlLines } from "../peers/duckdb.ts";
import { shellContender } from "../peers/shell.ts";
import { sizeText } from "../report/figures.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";

const COUNT = `exec mawk '
  { for (i = 1; i <= NF; i++) count[$i]++ }
  END { for (word in count) print word "\\t" count[word] }
' "$1"`;

export const wordCount: SuiteMaker = {
  id: "word-count",
  make({ sizeBytes, slots, data, tools }: Setting): Suite {
    const input = data.words(sizeBytes);
    const { sheaf } = tools;
    return {
      title: "Word count",
      input: `${sizeText(sizeBytes)} of text in words of a vocabulary of 120,000 (Zipf)`,
      inputPaths: [input],
      contenders: [
        sheaf.contender({
          id: "strings",
          label: `Sheaf, strings, ${slots} slots`,
          job: "word-count",
          input,
        }),
        sheaf.contender({
          id: "bytes",
          label: `Sheaf, bytes, ${slots} slots`,
          job: "word-count-bytes",
          input,
        }),
        sheaf.contender({
          id: "one-slot",
          label: "Sheaf, strings, 1 slot",
          job: "word-count",
          input,
          slots: 1,
        }),
        shellContender({
          id: "mawk",
          label: "mawk, 1 thread",
          tool: tools.mawk,
          script: COUNT,
          args: [input],
        }),
        tools.duckdb.contender({
          id: "duckdb",
          label: `DuckDB, ${slots} threads`,
          // The fastest of nine ways that were tried; bench/README.md lists them.
          sql: (output) => [
            "SET preserve_insertion_order = false",
            `COPY (SELECT word, count(*) FROM (
               SELECT unnest(string_split(line, ' ')) AS word FROM ${sqlLines(input)}
             ) GROUP BY word) TO ${output} ${SQL_PLAIN}`,
          ],
        }),
        tools.spark.contender({ id: "spark", job: "word-count", args: [input] }),
      ],
      answer: linesInAnyOrder,
      goals: [
        { kind: "ratio", name: "word count, strings", ours: "strings", peer: "mawk", atMost: 0.5 },
        { kind: "ratio", name: "word count, strings", ours: "strings", peer: "duckdb", atMost: 2 },
        { kind: "ratio", name: "word count, bytes", ours: "bytes", peer: "duckdb", atMost: 1.2 },
        {
          kind: "ratio",
          name: "word count, one slot",
          ours: "one-slot",
          peer: "mawk",
          atMost: 0.9,
        },
        { kind: "ratio", name: "word count, strings", ours: "strings", peer: "spark", atMost: 0.5 },
        {
          kind: "speed-up",
          name: `word count, ${slots} slots against one`,
          ours: "strings",
          peer: "one-slot",
          atLeast: 1.7,
        },
      ],
    };
  },
};
