import { describe, expect, test } from "vitest";
import { logIndex, term } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import { REPLICA_LIMITS } from "./limits.ts";
import { ENTRY_WEIGHT_BYTES, LogGrowth } from "./log-growth.ts";

const WEIGHT = 1000;
const LIMITS = {
  ...REPLICA_LIMITS,
  snapshotBytesMin: 100 * WEIGHT,
  snapshotBytesMax: 1000 * WEIGHT,
  tailBytes: 32 * WEIGHT,
};

/** Growth behind a snapshot of nothing, after so many entries. */
function growthOf(entries: number, random = () => 0): LogGrowth {
  const growth = new LogGrowth(LIMITS, random, logIndex(0), 0);
  apply(growth, 1, entries);
  return growth;
}

function apply(growth: LogGrowth, first: number, last: number): void {
  for (let index = first; index <= last; index++) growth.applied(entryOf(index));
}

function entryOf(index: number): LogEntry {
  const data = new Uint8Array(WEIGHT - ENTRY_WEIGHT_BYTES);
  return { index: logIndex(index), term: term(1), kind: "command", data };
}

describe("LogGrowth", () => {
  test("wants a snapshot when the log weighs as much as the least snapshot", () => {
    expect(growthOf(99).isDue).toBe(false);
    expect(growthOf(100).isDue).toBe(true);
  });

  test("wants one later by chance, so that members do not all pause at once", () => {
    const growth = growthOf(149, () => 1);
    expect(growth.isDue).toBe(false);
    apply(growth, 150, 150);
    expect(growth.isDue).toBe(true);
  });

  test("waits until the log outweighs a large snapshot, but not without end", () => {
    for (const [sizeBytes, wait] of [
      [300 * WEIGHT, 300],
      [9000 * WEIGHT, 1000],
    ] as const) {
      const growth = growthOf(100);
      growth.snapshotBegins();
      growth.snapshotDone(sizeBytes);
      apply(growth, 101, 100 + wait - 1);
      expect(growth.isDue).toBe(false);
      apply(growth, 100 + wait, 100 + wait);
      expect(growth.isDue).toBe(true);
    }
  });

  test("does not want the next at once where one could not be made", () => {
    const growth = growthOf(100);
    growth.snapshotBegins();
    expect(growth.isDue).toBe(false);
    apply(growth, 101, 200);
    expect(growth.isDue).toBe(true);
  });

  test("keeps a tail of about the bytes that it is told to, and no less", () => {
    const growth = growthOf(500);
    const kept = 500 - growth.cutFor(logIndex(500), []);
    expect(kept).toBeGreaterThanOrEqual(32);
    expect(kept).toBeLessThanOrEqual(36);
  });

  test("keeps everything of a log that is shorter than the tail", () => {
    expect(growthOf(20).cutFor(logIndex(20), [])).toBe(0);
  });

  test("never cuts off what its snapshot does not hold", () => {
    expect(growthOf(500).cutFor(logIndex(100), [])).toBe(100);
  });

  test("keeps what follows a snapshot that is being sent, until that has taken too long", () => {
    const growth = growthOf(100);
    growth.snapshotBegins();
    const sent = logIndex(100);
    for (let i = 1; i <= 3; i++) {
      apply(growth, 100 * i + 1, 100 * i + 100);
      growth.snapshotBegins();
      expect(growth.cutFor(logIndex(100 * i + 100), [sent])).toBe(100);
    }
    apply(growth, 401, 500);
    growth.snapshotBegins();
    expect(growth.cutFor(logIndex(500), [sent])).toBeGreaterThan(400);
  });
});
