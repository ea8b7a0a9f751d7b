/**
 * The guarantee: for deterministic functions, the bytes of the output are those of the sequential
 * executor, whatever the job's shape, and whatever the slots, the splits and the memory.
 */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomInput, randomJob, settings } from "./support/random-job.ts";
import { type Ran, RunFolder } from "./support/run-folder.ts";

/** Counters that do not depend on how the work was cut. */
function stableCounters({ result }: Ran, combines: boolean): unknown {
  const { task, user } = result.counters;
  const { MAP_INPUT_RECORDS, MAP_OUTPUT_RECORDS, REDUCE_INPUT_GROUPS, REDUCE_OUTPUT_RECORDS } =
    task;
  const reduceInput = combines ? "fewer" : task.REDUCE_INPUT_RECORDS;
  return {
    MAP_INPUT_RECORDS,
    MAP_OUTPUT_RECORDS,
    REDUCE_INPUT_GROUPS,
    REDUCE_OUTPUT_RECORDS,
    reduceInput,
    user,
  };
}

describe("threads put out what the sequential executor does", () => {
  test("for any job, input, slots and splits", { timeout: 180_000 }, async () => {
    let tried = 0;
    await fc.assert(
      fc.asyncProperty(
        randomJob,
        randomInput,
        settings,
        settings,
        fc.integer({ min: 1, max: 7 }),
        async ({ source, combines }, input, one, other, partitions) => {
          using folder = new RunFolder({ "job.ts": source, ...input });
          const inline = await folder.run({ partitions, inline: true });
          for (const setting of [one, other]) {
            const threads = await folder.run({ partitions, ...setting });
            expect(threads.parts).toEqual(inline.parts);
            expect(stableCounters(threads, combines)).toEqual(stableCounters(inline, combines));
          }
          tried++;
        },
      ),
      { numRuns: 40 },
    );
    expect(tried).toBe(40);
  });
});
