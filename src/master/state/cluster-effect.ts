/**
 * What a command has changed that a leader must act on. A command that came late or twice has none.
 * Followers apply the same commands and let these be.
 */

import type { JobId } from "../../base/ids.ts";
import type { StepLabel } from "../../job/report.ts";
import type { StepOutcome } from "../../local/executor.ts";
import type { Effect } from "../../scheduler/effect.ts";
import type { ClusterJob } from "./cluster-state.ts";

/** See the head of this file. In the order in which things happened. */
export type ClusterEffect =
  | Effect
  | { readonly type: "job-accepted"; readonly job: ClusterJob }
  | { readonly type: "cancel-requested"; readonly job: JobId }
  | { readonly type: "step-begun"; readonly job: JobId; readonly label: StepLabel }
  | {
      readonly type: "step-ended";
      readonly job: JobId;
      readonly label: StepLabel;
      readonly outcome: StepOutcome;
    }
  /** With all of its steps, and for whoever follows it. */
  | { readonly type: "job-finished"; readonly job: JobId };
