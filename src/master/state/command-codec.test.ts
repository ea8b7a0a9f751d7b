import { describe, expect, it } from "vitest";
import { jobId } from "../../base/ids.ts";
import { PARTITIONS_MAX } from "../../base/limits.ts";
import { type Counters, zeroTaskCounters } from "../../job/counters.ts";
import { RAFT_LIMITS_DEFAULT } from "../../raft/limits.ts";
import type { ClusterCommand } from "./cluster-command.ts";
import { decodeCommand, encodeCommand } from "./command-codec.ts";

const JOB = jobId("j-0123456789ab");
const COUNTERS: Counters = { task: zeroTaskCounters(), user: {} };

describe("a command of a job with as many partitions as there may be", () => {
  it("fits an entry of the log when a step has ended whose output the next one reads", () => {
    const folder = "/shared/a-team/outputs/of-this-year/.ranks.0123456789abcdef/step-00000-00001";
    const runs = Array.from({ length: PARTITIONS_MAX }, (_, i) => ({
      ...{ path: `${folder}/run-${i}-0`, offset: 0, lengthBytes: size(i, 9_000_000) },
      ...{ records: size(i, 90_000), blockBytesMax: size(i, 70_000) },
    }));
    const outcome = { runs, counters: COUNTERS, skipped: 0 };
    const label = { step: 0, iteration: 1 };
    expectToFit({ type: "end-step", job: JOB, label, outcome, totals: undefined });
  });

  it("fits one when the job has ended", () => {
    const parts = Array.from({ length: PARTITIONS_MAX }, (_, i) => ({
      ...{ name: `part-${i}-0123456789abcdef.gz`, records: size(i, 90_000) },
      ...{
        bytes: size(i, 9_000_000),
        crc32: size(i, 2 ** 32)
          .toString(16)
          .padStart(8, "0"),
      },
    }));
    const facts = { output: "/shared/out", parts, counters: COUNTERS, steps: [] };
    const result = { ...facts, skippedRecords: 0, elapsedMs: 1 };
    const event = { type: "job-ended", ok: true, result } as const;
    const rest = { timeMs: 1, worker: undefined, totals: undefined };
    expectToFit({ type: "record-event", job: JOB, event, ...rest });
  });
});

function expectToFit(command: ClusterCommand): void {
  const bytes = encodeCommand(command);
  expect(bytes.length).toBeLessThan(RAFT_LIMITS_DEFAULT.proposalBytesMax / 2);
  expect(decodeCommand(bytes)).toEqual(command);
}

/** Some number below `most`, not much like that of the next one. */
function size(i: number, most: number): number {
  return (Math.imul(i + 1, 2_654_435_761) % most) >>> 0;
}
