/**
 * Leaves a line in a file when a task begins, with its time, and then waits: for measuring when tasks
 * begin, and which begin again.
 */

import { appendFileSync } from "node:fs";
import { defineJob, fixedRecords, int, nothing, sum } from "sheaf";
import * as v from "valibot";

const cell = new Int32Array(new SharedArrayBuffer(4));

export default defineJob({
  params: v.object({ marks: v.string(), waitMs: v.pipe(v.string(), v.transform(Number)) }),
  input: fixedRecords({ bytes: 1024 }),
  intermediate: { key: nothing(), value: int() },
  map(_position, _record, _emit, { attempt, params }) {
    appendFileSync(params.marks, `${attempt.task} ${attempt.attempt} ${Date.now()}\n`);
    Atomics.wait(cell, 0, 0, params.waitMs);
  },
  reduce: sum,
});
