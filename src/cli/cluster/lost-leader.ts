/**
 * What those who follow a job are told when its leader is lost: which master is followed now, or that
 * the job may go on though nobody can be asked.
 */

import { SheafError } from "../../base/error.ts";
import type { JobId } from "../../base/ids.ts";
import type { LeaderChange } from "../../client/resumed-stream.ts";
import { isExpected } from "../report-error.ts";

/** `Lost the leader 10.0.0.1:7077 (nothing listens there); following 10.0.0.2:7077.` */
export function changeInWords({ lost, reason, following }: LeaderChange): string {
  if (following === lost) return `The leader ${lost} was out of reach (${reason}), and is back.`;
  return `Lost the leader ${lost} (${reason}); following ${following}.`;
}

/** Where the cluster was lost and not the job, the error says so, and how to find the job again. */
export function orGoesOn(thrown: unknown, job: JobId): unknown {
  if (!isExpected(thrown) || thrown.code !== "CLUSTER_UNREACHABLE") return thrown;
  const advice = `The job ${job} may go on without us. To follow it: sheaf status ${job} --follow`;
  return new SheafError("CLUSTER_UNREACHABLE", `${thrown.message}\n\n${advice}`, {
    cause: thrown,
  });
}
