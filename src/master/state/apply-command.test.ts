import { expect, test } from "vitest";
import { jobId } from "../../base/ids.ts";
import { zeroTaskCounters } from "../../job/counters.ts";
import { packParams } from "../../job/packed-params.ts";
import { applyCommand } from "./apply-command.ts";
import type { AcceptJob, ClusterCommand } from "./cluster-command.ts";
import { emptyClusterState } from "./cluster-state.ts";

const JOB = jobId("j-0123456789ab");
const LABEL = { step: 0, iteration: 1 };
const COUNTERS = { task: zeroTaskCounters(), user: {} };

const ACCEPT: AcceptJob = {
  ...{
    type: "accept-job",
    job: JOB,
    submission: "s".repeat(16),
    outputId: "o",
    slots: 1,
    timeMs: 0,
  },
  spec: {
    ...{ name: "ranks.ts", bundle: "ab".repeat(32), inputs: ["/in"], output: "/out" },
    ...{ overwrite: false, params: packParams({}), environment: {}, priority: 0 },
    ...{ partitions: undefined, splitBytes: undefined, memoryBytes: undefined },
    ...{ skipBadRecords: undefined, taskTimeoutMs: undefined, attemptsMax: undefined },
    slowStart: undefined,
  },
};
const BEGIN: ClusterCommand = {
  ...{ type: "begin-step", job: JOB, label: LABEL, planHash: "h", boundaries: undefined },
  submit: {
    ...{ type: "submit-job", job: jobId(`${JOB}.0.1`), mapTasks: 1, reduceTasks: 1, mapHosts: [] },
    ...{ limits: { attemptsMax: 1, deathsMax: 1, skippedMax: 0 }, skipped: 0, priority: 0 },
    ...{ slowStart: 1, speculation: false },
  },
};
const RUN = { path: "/out/run-0-0", offset: 0, lengthBytes: 9, records: 1, blockBytesMax: 9 };
const END: ClusterCommand = {
  ...{ type: "end-step", job: JOB, label: LABEL, totals: undefined },
  outcome: { runs: [RUN], counters: COUNTERS, skipped: 0 },
};
const ENDED: ClusterCommand = {
  ...{ type: "record-event", job: JOB, timeMs: 1, worker: undefined, totals: undefined },
  event: { type: "job-ended", ok: false, error: { code: "CANCELLED", message: "" } },
};

test("a job remembers what its steps have handed on until it has ended, for a leader to come", () => {
  const state = emptyClusterState();
  for (const command of [ACCEPT, BEGIN, END]) applyCommand(state, command);
  const job = state.jobs.get(JOB)!;
  expect(job.steps).toMatchObject([{ label: LABEL, outcome: { runs: [RUN] } }]);
  applyCommand(state, ENDED);
  expect(job.steps).toMatchObject([{ label: LABEL, outcome: { runs: [], counters: COUNTERS } }]);
});
