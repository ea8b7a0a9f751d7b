import { describe, expect, it } from "vitest";
import { type WorkerName, workerName } from "../base/ids.ts";
import { Exclusion, type Incident } from "./exclusion.ts";

const MINUTE = 60_000;
const WORKERS = ["a", "b", "c", "d"].map(workerName);
const [A, B, C] = WORKERS as [WorkerName, WorkerName, WorkerName];

/** Four workers, on each of which five attempts have just succeeded. */
function wellUntil(nowMs: number): Exclusion {
  const exclusion = new Exclusion();
  for (const worker of WORKERS) {
    for (let i = 0; i < 5; i++) exclusion.succeeded(worker, nowMs);
  }
  return exclusion;
}

function failed(...tasks: string[]): Incident {
  return { kind: "failed", tasks };
}

function names(exclusion: Exclusion, nowMs: number, live: readonly WorkerName[] = WORKERS) {
  return exclusion.excluded(live, nowMs).map(({ worker }) => worker);
}

/** Three incidents of different tasks. */
function misbehave(exclusion: Exclusion, worker: WorkerName, nowMs: number, tasks = "xyz"): void {
  for (const task of tasks) exclusion.happened(worker, failed(task), nowMs);
}

describe("a worker", () => {
  it("is excluded when three different tasks went wrong on it, and others fare better", () => {
    const exclusion = wellUntil(0);
    misbehave(exclusion, A, 1, "xy");
    expect(names(exclusion, 1)).toEqual([]);
    exclusion.happened(A, { kind: "lost", tasks: ["z"] }, 2);
    expect(exclusion.excluded(WORKERS, 2)).toEqual([
      {
        worker: A,
        untilMs: 2 + MINUTE,
        reason: "In 10 minutes: 2 attempts failed, 1 attempt got lost. Other workers fare better.",
      },
    ]);
  });

  it("is not, if it was the same task every time", () => {
    const exclusion = wellUntil(0);
    misbehave(exclusion, A, 1, "xxxxx");
    expect(names(exclusion, 1)).toEqual([]);
  });

  it("is not, if long ago is not counted", () => {
    const exclusion = wellUntil(0);
    misbehave(exclusion, A, 0, "xy");
    for (const worker of WORKERS) exclusion.succeeded(worker, 10 * MINUTE);
    misbehave(exclusion, A, 10 * MINUTE + 1, "z");
    expect(names(exclusion, 10 * MINUTE + 1)).toEqual([]);
  });

  it("is not, if nobody fares better", () => {
    const nobody = new Exclusion();
    misbehave(nobody, A, 0);
    expect(names(nobody, 0)).toEqual([]);
    const all = wellUntil(0);
    for (const n of [1, 2, 3]) {
      for (const worker of WORKERS) all.happened(worker, failed(`${worker}${n}`), 1);
    }
    expect(names(all, 1)).toEqual([]);
  });

  it("is for ten tasks, if others have come to no end yet", () => {
    const exclusion = new Exclusion();
    misbehave(exclusion, A, 0, "abcdefghi");
    expect(names(exclusion, 0)).toEqual([]);
    misbehave(exclusion, A, 0, "j");
    expect(names(exclusion, 0)).toEqual([A]);
  });

  it("is not, if little goes wrong for all that it does", () => {
    const exclusion = wellUntil(0);
    for (let i = 0; i < 100; i++) exclusion.succeeded(A, 0);
    misbehave(exclusion, A, 1);
    expect(names(exclusion, 1)).toEqual([]);
  });

  it("is not to blame for tasks that fail wherever they run", () => {
    const exclusion = wellUntil(0);
    for (const worker of [B, C]) misbehave(exclusion, worker, 1, "xy");
    misbehave(exclusion, A, 1, "xyz");
    expect(names(exclusion, 1)).toEqual([]);
  });

  it("that dies is blamed once for all that it ran", () => {
    const exclusion = wellUntil(0);
    const died = (...tasks: string[]): Incident => ({ kind: "died", tasks });
    exclusion.happened(A, died("1", "2", "3", "4"), 1);
    exclusion.happened(A, died("5", "6"), 2);
    expect(names(exclusion, 2)).toEqual([]);
    exclusion.happened(A, died("7"), 3);
    expect(exclusion.excluded(WORKERS, 3)[0]?.reason).toContain("3 deaths");
  });

  it("is excluded when its map outputs cannot be fetched", () => {
    const exclusion = wellUntil(0);
    for (const task of "xyz") exclusion.happened(A, { kind: "unfetchable", tasks: [task] }, 1);
    expect(exclusion.excluded(WORKERS, 1)[0]?.reason).toContain("3 map outputs");
  });

  it("comes back after a minute, then after two, up to an hour, and begins anew in the end", () => {
    const exclusion = wellUntil(0);
    let nowMs = 0;
    const lengths: number[] = [];
    for (let i = 0; i < 9; i++) {
      for (const worker of WORKERS) if (worker !== A) exclusion.succeeded(worker, nowMs);
      misbehave(exclusion, A, nowMs);
      const untilMs = exclusion.excluded(WORKERS, nowMs)[0]!.untilMs;
      lengths.push((untilMs - nowMs) / MINUTE);
      expect(names(exclusion, untilMs - 1)).toEqual([A]);
      expect(names(exclusion, untilMs)).toEqual([]);
      nowMs = untilMs;
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    nowMs += 121 * MINUTE;
    exclusion.succeeded(B, nowMs);
    misbehave(exclusion, A, nowMs);
    expect(exclusion.excluded(WORKERS, nowMs)[0]!.untilMs).toBe(nowMs + MINUTE);
  });
});

describe("of the live workers", () => {
  it("never more than half are excluded", () => {
    const exclusion = wellUntil(0);
    for (const [i, worker] of [A, B].entries()) {
      for (const n of [1, 2, 3]) exclusion.happened(worker, failed(`${worker}${n}`), i);
    }
    expect(names(exclusion, 2)).toEqual([B, A]);
    expect(names(exclusion, 2, [A, B, C])).toEqual([B]);
    expect(names(exclusion, 2, [A])).toEqual([]);
  });
});
