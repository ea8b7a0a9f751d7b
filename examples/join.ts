/**
 * Join: the rows of two tables that have the same first column. Tables are files of tab-separated
 * columns; `left` names the file whose rows stand on the left, and all other input is the right.
 *
 *     sheaf run examples/join.ts examples/data/shop -o out --param left=customers.tsv
 *
 * Puts out the first column, the other columns of the left row and those of the right one, for each
 * pair of rows that match: what `join -t $'\t'` prints for sorted files.
 */

import { array, defineJob, grouped, int, string, text, textOutput, tuple } from "sheaf";
import * as v from "valibot";

const LEFT = 0;
const RIGHT = 1;

export default defineJob({
  params: v.strictObject({ left: v.string() }),
  input: text(),
  // Rows are grouped by the first column; within a group, those of the left come first.
  intermediate: { key: grouped(string(), int()), value: tuple(int(), array(string())) },
  result: string(),
  map({ path }, line, emit, { params }) {
    const side = path.split("/").at(-1) === params.left ? LEFT : RIGHT;
    const [key = "", ...columns] = line.split("\t");
    emit([key, side], [side, columns]);
  },
  reduce([key], rows, emit) {
    // Only the left rows of one key are kept; any number of right ones go by.
    const left: string[][] = [];
    for (const [side, columns] of rows) {
      if (side === LEFT) left.push(columns);
      else for (const other of left) emit([key, ...other, ...columns].join("\t"));
    }
  },
  output: textOutput({ only: "values" }),
});
