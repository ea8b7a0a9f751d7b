/**
 * Drivers begin anew with each leader, and tell again what the one before has told.
 */

import type { JobEvent } from "../../job/report.ts";
import type { ClusterJob } from "../state/cluster-state.ts";

/** Whether watchers have been told by an earlier driver of the same job. */
export function isTold({ events }: ClusterJob, event: JobEvent): boolean {
  switch (event.type) {
    case "progress":
      return true;
    case "warning":
      return events.some((it) => it.event.type === "warning" && it.event.message === event.message);
    case "job-started":
      return events.some((it) => it.event.type === "job-started");
    case "step-started":
    case "step-ended":
      return events.some(
        ({ event: it }) =>
          it.type === event.type && it.step === event.step && it.iteration === event.iteration,
      );
    default:
      return false;
  }
}
