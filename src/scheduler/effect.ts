/**
 * Effects: what a command has changed that a shell must act on, as `apply` returns it. A command that
 * came late or twice has none. They name what the log has decided, so acting on them twice, as after a
 * change of leader, must do no harm.
 */

import type { JobId } from "../base/ids.ts";
import type { AttemptState, JobState, PastLife, Phase, TaskState, WorkerState } from "./state.ts";

/** See the head of this file. In the order in which things happened. */
export type Effect =
  | { readonly type: "job-submitted"; readonly job: JobState }
  | { readonly type: "worker-registered"; readonly worker: WorkerState }
  /** Given up, gone, or followed by another life; its attempts and outputs are told of by themselves. */
  | { readonly type: "worker-lost"; readonly worker: WorkerState; readonly how: WorkerLossKind }
  | { readonly type: "attempt-assigned"; readonly attempt: AttemptState }
  | AttemptEnded
  | { readonly type: "task-completed"; readonly winner: AttemptState; readonly task: TaskState }
  /** All tasks of a phase are completed; again, if a map output got lost in between. */
  | { readonly type: "phase-completed"; readonly job: JobState; readonly phase: Phase }
  /** The output of a map that was completed is gone, and its job wants it again. */
  | { readonly type: "map-output-lost"; readonly attempt: AttemptState }
  | { readonly type: "job-ended"; readonly job: JobState }
  | { readonly type: "job-forgotten"; readonly job: JobId };

/** An attempt does not run any more: `attempt.state` says how it ended. */
export interface AttemptEnded {
  readonly type: "attempt-ended";
  readonly attempt: AttemptState;
  readonly why: AttemptEndReason;
}

/**
 * Why an attempt has ended: by its own report (`reported`), because another one of its task has won
 * (`lost-race`), to make way (`preempted`), with its job (`job-ended`) or its worker (`worker-lost`).
 */
export type AttemptEndReason = "reported" | "lost-race" | "preempted" | "job-ended" | "worker-lost";

export type WorkerLossKind = PastLife["how"];
