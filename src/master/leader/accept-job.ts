/**
 * How a job comes into the log.
 */

import { type JobId, jobId } from "../../base/ids.ts";
import { SLOTS_MAX } from "../../base/limits.ts";
import type { Submission } from "../../rpc/wire/job.ts";
import type { LeaderContext } from "./active-job.ts";

const JOB_ID_BYTES = 6;
const OUTPUT_ID_BYTES = 8;

/** Takes a job in; answers with its id when the log has it. `slots` are the cluster's. */
export async function acceptJob(
  { state, commit, clock, randomHex }: LeaderContext,
  { submission, spec }: Submission,
  slots: number,
): Promise<{ job: JobId; repeated: boolean }> {
  const known = state.submissions.get(submission);
  if (known !== undefined) return { job: known, repeated: true };
  const job = jobId(`j-${randomHex(JOB_ID_BYTES)}`);
  await commit({
    type: "accept-job",
    job,
    submission,
    spec,
    outputId: randomHex(OUTPUT_ID_BYTES),
    slots: Math.max(1, Math.min(slots, SLOTS_MAX)),
    timeMs: clock.wallMs(),
  });
  const taken = state.submissions.get(submission) ?? job;
  return { job: taken, repeated: taken !== job };
}
