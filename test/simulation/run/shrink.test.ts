import { expect, test } from "vitest";
import { shrink } from "./shrink.ts";

test("shrink leaves out all that a failure does not need", async () => {
  const needed = [3, 17];
  const left = await shrink(32, async (faults) => needed.every((it) => faults.includes(it)));
  expect(left).toEqual(needed);
});

test("shrink leaves nothing where nothing is needed", async () => {
  expect(await shrink(8, async () => true)).toEqual([]);
});

test("shrink keeps all where all are needed", async () => {
  expect(await shrink(4, async (faults) => faults.length === 4)).toEqual([0, 1, 2, 3]);
});
