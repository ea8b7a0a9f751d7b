import { getHeapStatistics } from "node:v8";
import { expect, test } from "vitest";
import { HeapWall } from "./heap-wall.ts";

const MIB = 1024 * 1024;
const megabytes = (count: number): number[][] =>
  Array.from({ length: count }, () => new Array<number>(MIB / 8).fill(0.5));

test("HeapWall: is passed by what is kept, not by garbage", () => {
  const wall = new HeapWall(getHeapStatistics().used_heap_size / MIB + 100);
  expect(wall.isPassed()).toBe(false);
  let kept = megabytes(150);
  expect(kept.length).toBe(150);
  kept = [];
  expect(wall.isPassed()).toBe(false);
  kept = megabytes(150);
  expect(wall.isPassed()).toBe(true);
  expect(kept.length).toBe(150);
});
