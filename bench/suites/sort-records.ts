/** Sort of 100-byte records by their 10-byte keys, in memory and with a tight budget. */

import { bytesInOrder } from "../measure/answers.ts";
import { SQL_PLAIN, sqlLines } from "../peers/duckdb.ts";
import { gnuSort } from "../peers/gnu-sort.ts";
import { countText } from "../report/figures.ts";
import type { Setting, Suite, SuiteMaker } from "../suite.ts";

export const sortRecords: SuiteMaker = {
  id: "sort-records",
  make({ sizeBytes, slots, data, tools }: Setting): Suite {
    const input = data.records(sizeBytes);
    const job = "sort-records";
    const tightMb = 64 * slots;
    return {
      title: "Sort of records",
      input: `${countText(sizeBytes / 100)} records of 100 bytes with keys of 10`,
      inputPaths: [input],
      contenders: [
        tools.sheaf.contender({
          id: "ample",
          label: "Sheaf, --memory 2GB a slot",
          job,
          input,
          flags: ["--memory", "2GB"],
        }),
        tools.sheaf.contender({
          id: "tight",
          label: "Sheaf, --memory 64MB a slot",
          job,
          input,
          flags: ["--memory", "64MB"],
        }),
        gnuSort({ id: "sort", tool: tools.sort, slots, buffer: "50%", input }),
        gnuSort({ id: "sort-tight", tool: tools.sort, slots, buffer: `${tightMb}M`, input }),
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
        { kind: "ratio", name: "sort of records", ours: "ample", peer: "sort", atMost: 0.8 },
        {
          kind: "ratio",
          name: "sort of records, 64 MB a slot",
          ours: "tight",
          peer: "sort-tight",
          atMost: 1,
        },
        { kind: "ratio", name: "sort of records", ours: "ample", peer: "spark", atMost: 0.5 },
        { kind: "ratio", name: "sort of records", ours: "ample", peer: "duckdb" },
      ],
    };
  },
};
