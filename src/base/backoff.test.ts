import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RetryPolicy, retrying, waitMs } from "./backoff.ts";

const POLICY: RetryPolicy = { triesMax: 5, firstWaitMs: 100, waitMsMax: 300 };

describe("waitMs", () => {
  test("is within a bound that doubles, up to a limit", () => {
    expect([1, 2, 3, 4].map((failures) => waitMs(failures, POLICY, 0.999))).toEqual([
      100, 200, 300, 300,
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 0.99 }),
        (n, chance) => {
          const wait = waitMs(n, POLICY, Number.isNaN(chance) ? 0 : chance);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(300);
        },
      ),
    );
  });
});

/** Calls that fail so often, with all that was waited. */
async function tryWith(failures: number, isTransient = true) {
  const waitsMs: number[] = [];
  const pace = { random: () => 0.5, wait: async (ms: number) => void waitsMs.push(ms) };
  let calls = 0;
  const call = async (): Promise<string> => {
    if (++calls <= failures) throw new Error(`failure ${calls}`);
    return "done";
  };
  const options = { policy: POLICY, pace, isTransient: () => isTransient };
  const outcome = await retrying(call, options).catch((error: Error) => error.message);
  return { outcome, calls, waitsMs };
}

describe("retrying", () => {
  test("waits between tries, and not after the last", async () => {
    expect(await tryWith(3)).toEqual({ outcome: "done", calls: 4, waitsMs: [50, 100, 150] });
    expect(await tryWith(9)).toEqual({
      outcome: "failure 5",
      calls: 5,
      waitsMs: [50, 100, 150, 150],
    });
  });

  test("does not try again what will not help", async () => {
    expect(await tryWith(9, false)).toEqual({ outcome: "failure 1", calls: 1, waitsMs: [] });
  });
});
