/** Sort of lines of text by their bytes. */

import { bytesInOrder } from "../measure/answers.ts";
import { SQL_PLAIN, sqlLines } from "../peers/duckdb.ts";
import { gnuSort } from "../peers/gnu-sort.ts";
import { sizeText } from "../report/figures.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";

export const sortLines: SuiteMaker = {
  id: "sort-lines",
  make({ sizeBytes, slots, data, tools }: Setting): Suite {
    const input = data.lines(sizeBytes);
    return {
      title: "Sort of lines",
      input: `${sizeText(sizeBytes)} of text in lines of 40 to 120 bytes`,
      inputPaths: [input],
      contenders: [
        tools.sheaf.contender({
          id: "sheaf",
          label: "Sheaf, --memory 2GB a slot",
          job: "sort-lines",
          input,
          flags: ["--memory", "2GB"],
        }),
        gnuSort({ id: "sort", tool: tools.sort, slots, buffer: "50%", input }),
        tools.duckdb.contender({
          id: "duckdb",
          label: `DuckDB, ${slots} threads`,
          sql: (output) => [
            `COPY (SELECT line FROM ${sqlLines(input)} ORDER BY line) TO ${output} ${SQL_PLAIN}`,
          ],
        }),
        tools.spark.contender({ id: "spark", job: "sort-lines", args: [input] }),
      ],
      answer: bytesInOrder,
      goals: [
        { kind: "ratio", name: "sort of lines", ours: "sheaf", peer: "sort", atMost: 1 },
        { kind: "ratio", name: "sort of lines", ours: "sheaf", peer: "spark", atMost: 0.5 },
        { kind: "ratio", name: "sort of lines", ours: "sheaf", peer: "duckdb" },
      ],
    };
  },
};
