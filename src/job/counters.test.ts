import { expect, test } from "vitest";
import { type Counters, countersOfRuns, sumCounters, zeroTaskCounters } from "./counters.ts";

function counted(records: number, user: Record<string, number>): Counters {
  return { task: { ...zeroTaskCounters(), MAP_INPUT_RECORDS: records }, user };
}

test("sumCounters: every name of either side, those of the user sorted", () => {
  const { task, user } = sumCounters([counted(3, { z: 1, a: 2 }), counted(4, { m: 5, a: 1 })]);
  expect(task).toEqual({ ...zeroTaskCounters(), MAP_INPUT_RECORDS: 7 });
  expect(Object.entries(user)).toEqual([
    ["a", 3],
    ["m", 5],
    ["z", 1],
  ]);
});

test("sumCounters: of nothing is zero", () => {
  expect(sumCounters([])).toEqual({ task: zeroTaskCounters(), user: {} });
});

test("countersOfRuns: the engine's of all runs, the user's of the last run of each step", () => {
  const runs = [
    { step: 0, counters: counted(10, { lines: 10 }) },
    { step: 1, counters: counted(8, { pages: 8, moving: 8, "first only": 1 }) },
    { step: 1, counters: counted(8, { pages: 8, moving: 3 }) },
    { step: 2, counters: counted(8, { pages: 1 }) },
  ];
  expect(countersOfRuns(runs)).toEqual(counted(34, { lines: 10, pages: 9, moving: 3 }));
});

test("countersOfRuns: of a single run are its own", () => {
  expect(countersOfRuns([{ step: 0, counters: counted(2, { a: 1 }) }])).toEqual(
    counted(2, { a: 1 }),
  );
});
