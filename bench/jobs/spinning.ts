/**
 * Leaves a line in a file when a task begins, and then spins for so long without a pause, in garbage
 * of every age: for measuring what else a machine does meanwhile.
 */

import { appendFileSync } from "node:fs";
import { defineJob, fixedRecords, int, nothing, sum } from "sheaf";
import * as v from "valibot";

/** Objects that grow old before they are let go, all at once: some tens of megabytes. */
const KEPT = 200_000;

export default defineJob({
  params: v.object({ marks: v.string(), spinMs: v.pipe(v.string(), v.transform(Number)) }),
  input: fixedRecords({ bytes: 1024 }),
  intermediate: { key: nothing(), value: int() },
  map(_position, _record, _emit, { attempt, params }) {
    const untilMs = Date.now() + params.spinMs;
    appendFileSync(params.marks, `${attempt.task} ${attempt.attempt} ${Date.now()}\n`);
    const kept: object[] = [];
    for (let turn = 0; Date.now() < untilMs; turn++) {
      kept.push({ turn, words: [`${turn}`, `${-turn}`] });
      if (kept.length === KEPT) kept.length = 0;
    }
  },
  reduce: sum,
});
