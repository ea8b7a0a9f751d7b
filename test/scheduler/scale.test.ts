/**
 * The paper's largest job: 200,000 maps and 5,000 reduces on 2,000 workers. Times are bounded loosely,
 * because a busy machine runs this, too; bench/scheduler.ts measures them.
 */

import { describe, expect, it } from "vitest";
import { StateDecoder } from "../../src/scheduler/snapshot/decode-state.ts";
import { encodeState } from "../../src/scheduler/snapshot/encode-state.ts";
import { checkInvariants } from "./support/invariants.ts";
import { LargeJob, packedResults } from "./support/large-job.ts";

const PAPER = { maps: 200_000, reduces: 5000, slots: 4, batch: 1, isNear: false };
const DECISIONS = 20_000;
const MB = 1e6;

/** Decisions a second of a job under way, with a plan after each attempt that ends. */
function rateOf(workers: number): number {
  const job = new LargeJob({ ...PAPER, workers });
  job.runUntil("map", 2 * DECISIONS);
  return (1000 * DECISIONS) / job.runUntil("map", 3 * DECISIONS);
}

describe("the scheduler, with the paper's largest job", () => {
  it("makes 20,000 decisions a second, and about as many for ten times the workers", () => {
    const [few, many] = [rateOf(200), rateOf(2000)];
    expect(many).toBeGreaterThan(20_000);
    expect(many).toBeGreaterThan(few / 4);
  });

  it("writes a snapshot of less than 64 MB in small pieces, and reads it again", () => {
    const job = new LargeJob({ ...PAPER, workers: 2000, batch: 50, isNear: true });
    job.runUntil("map", PAPER.maps);
    job.runUntil("reduce", PAPER.reduces / 2);
    const decoder = new StateDecoder(packedResults);
    let bytes = 0;
    let longestBytes = 0;
    for (const piece of encodeState(job.state, packedResults)) {
      bytes += piece.length;
      longestBytes = Math.max(longestBytes, piece.length);
      decoder.push(piece);
    }
    const copy = decoder.finish();
    expect(bytes).toBeLessThan(64 * MB);
    // One piece has all of the workers.
    expect(longestBytes).toBeLessThan(1 * MB);
    checkInvariants(copy);
    expect(copy.jobs.get(job.job.id)!.map.tasks[777]).toEqual(job.job.map.tasks[777]);
  });
});
