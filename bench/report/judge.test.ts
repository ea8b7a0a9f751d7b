import { describe, expect, test } from "vitest";
import type { ContenderResult, SuiteResult } from "../run-suite.ts";
import type { Goal, Suite } from "../suite.ts";
import { judge } from "./judge.ts";

describe("judge", () => {
  const ratio: Goal = { kind: "ratio", name: "count", ours: "us", peer: "them", atMost: 0.5 };

  test("a ratio is the median of the rounds' ratios, not the ratio of the medians", () => {
    const row = judgeOne(ratio, measured("us", [1, 2, 9]), measured("them", [10, 4, 10]));
    expect(row.figure).toBe("0.50");
    expect(row.met).toBe("yes");
  });

  test("a goal that is missed says so", () => {
    expect(judgeOne(ratio, measured("us", [6]), measured("them", [10])).met).toBe("NO");
  });

  test("an absent peer leaves the goal open, and names the reason", () => {
    const them = { ...measured("them", []), absent: "not on the PATH" };
    const row = judgeOne(ratio, measured("us", [1]), them);
    expect(row.met).toBe("–");
    expect(row.figure).toContain("not on the PATH");
  });

  test("a wrong answer is a goal that is missed, however fast it came", () => {
    const us = { ...measured("us", [1]), failed: "its answer is not that of them" };
    expect(judgeOne(ratio, us, measured("them", [100])).met).toBe("NO");
  });

  test("a speed-up divides the other way round", () => {
    const goal: Goal = { kind: "speed-up", name: "two", ours: "us", peer: "them", atLeast: 1.7 };
    const row = judgeOne(goal, measured("us", [1]), measured("them", [1.8]));
    expect(row).toMatchObject({ figure: "1.80 times", met: "yes" });
  });

  test("memory goes by the highest peak of all rounds", () => {
    const goal: Goal = { kind: "memory", name: "keys", ours: "us", peer: "them", bytesMax: 250 };
    expect(judgeOne(goal, measured("us", [1, 2, 3]), measured("them", [1])).met).toBe("NO");
    expect(judgeOne(goal, measured("us", [1, 2]), measured("them", [1])).met).toBe("yes");
  });
});

/** Each round's peak is 100 bytes above the one before. */
function measured(id: string, walls: readonly number[]): ContenderResult {
  const measurements = walls.map((wallS, round) => ({
    wallS,
    cpuS: wallS,
    peakBytes: 100 + 100 * round,
  }));
  return { id, label: id, measurements };
}

function judgeOne(goal: Goal, ...contenders: ContenderResult[]) {
  const suite: Suite = {
    title: "a suite",
    input: "",
    inputPaths: [],
    contenders: [],
    answer: async () => "",
    goals: [goal],
  };
  const result: SuiteResult = { suite, contenders, checks: [] };
  return judge(result)[0]!;
}
