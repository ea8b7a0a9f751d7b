/**
 * How a command of the log changes the state of the masters. Deterministic and idempotent, as the
 * scheduler's own `apply` is.
 */

import type { JobId } from "../../base/ids.ts";
import type { StepLabel } from "../../job/report.ts";
import { apply } from "../../scheduler/apply.ts";
import type {
  AcceptJob,
  BeginStep,
  ClusterCommand,
  EndStep,
  RecordEvent,
  SetMemberAddress,
} from "./cluster-command.ts";
import type { ClusterEffect } from "./cluster-effect.ts";
import { type ClusterJob, type ClusterState, stepJobId } from "./cluster-state.ts";
import { keepResult } from "./task-result.ts";

/** Jobs that have ended and are still told about. */
const ENDED_JOBS_MAX = 1000;
/** What is told of all of those together: an event has up to some thousand characters. */
const ENDED_EVENTS_MAX = 20_000;
/** Events of one job; what else fails in it is only counted. */
const EVENTS_MAX = 10_000;

/** A command that changes nothing. */
const NONE: readonly ClusterEffect[] = [];

/** Changes `state` by one command, and says what has happened. */
export function applyCommand(
  state: ClusterState,
  command: ClusterCommand,
): readonly ClusterEffect[] {
  switch (command.type) {
    case "accept-job":
      return acceptJob(state, command);
    case "begin-step":
      return beginStep(state, command);
    case "end-step":
      return endStep(state, command);
    case "record-event":
      return recordEvent(state, command);
    case "request-cancel":
      return requestCancel(state, command.job);
    case "set-member-address":
      return setMemberAddress(state, command);
    case "succeed-attempt":
      return apply(state.scheduler, { ...command, result: keepResult(command.result) });
    default:
      return apply(state.scheduler, command);
  }
}

function acceptJob(state: ClusterState, command: AcceptJob): readonly ClusterEffect[] {
  if (state.submissions.has(command.submission) || state.jobs.has(command.job)) return NONE;
  const { job: id, submission, spec, outputId, slots, timeMs } = command;
  state.submissions.set(submission, id);
  const job: ClusterJob = {
    id,
    submission,
    spec,
    outputId,
    slots,
    submittedMs: timeMs,
    standing: "pending",
    isCancelled: false,
    steps: [],
    current: undefined,
    totals: undefined,
    events: [],
    ended: undefined,
  };
  state.jobs.set(id, job);
  return [{ type: "job-accepted", job }];
}

function requestCancel(state: ClusterState, id: JobId): readonly ClusterEffect[] {
  const job = state.jobs.get(id);
  if (job === undefined || job.ended !== undefined || job.isCancelled) return NONE;
  job.isCancelled = true;
  const { current } = job;
  // Its attempts end before its driver clears away what they have made.
  const cancelled =
    current === undefined
      ? NONE
      : apply(state.scheduler, { type: "cancel-job", job: stepJobId(id, current.label) });
  return [...cancelled, { type: "cancel-requested", job: id }];
}

function beginStep(state: ClusterState, command: BeginStep): readonly ClusterEffect[] {
  const { label, planHash, boundaries, submit } = command;
  const job = state.jobs.get(command.job);
  if (job === undefined || job.ended !== undefined || job.current !== undefined) return NONE;
  // Two leaders may have begun it, one after the other. It runs once.
  if (job.steps.some((step) => isSameStep(step.label, label))) return NONE;
  job.standing = "running";
  job.current = { label, planHash, boundaries };
  const begun = { type: "step-begun", job: job.id, label } as const;
  return [begun, ...apply(state.scheduler, submit)];
}

function endStep(
  state: ClusterState,
  { job: id, label, outcome, totals }: EndStep,
): readonly ClusterEffect[] {
  const job = state.jobs.get(id);
  if (job?.current === undefined || !isSameStep(job.current.label, label)) return NONE;
  job.steps.push({ label, outcome });
  job.totals = totals;
  job.current = undefined;
  const forgotten = apply(state.scheduler, { type: "forget-job", job: stepJobId(id, label) });
  return [...forgotten, { type: "step-ended", job: id, label, outcome }];
}

function setMemberAddress(
  { members }: ClusterState,
  { member, address }: SetMemberAddress,
): readonly ClusterEffect[] {
  if (address === undefined) members.delete(member);
  else members.set(member, address);
  return NONE;
}

function isSameStep(a: StepLabel, b: StepLabel): boolean {
  return a.step === b.step && a.iteration === b.iteration;
}

function recordEvent(
  state: ClusterState,
  { job: id, event, timeMs, worker, totals }: RecordEvent,
): readonly ClusterEffect[] {
  const job = state.jobs.get(id);
  if (job === undefined || job.ended !== undefined) return NONE;
  if (event.type !== "job-ended") {
    if (job.events.length < EVENTS_MAX) {
      job.events.push({ sequence: job.events.length + 1, timeMs, event, worker });
    }
    return NONE;
  }
  job.events.push({ sequence: job.events.length + 1, timeMs, event, worker });
  job.ended = { event, timeMs };
  job.totals = totals ?? job.totals;
  job.standing = event.ok ? "succeeded" : job.isCancelled ? "cancelled" : "failed";
  // What steps have handed on is gone; a thousand ended jobs need not remember where it was.
  job.steps = job.steps.map((step) => ({ ...step, outcome: { ...step.outcome, runs: [] } }));
  const { current } = job;
  job.current = undefined;
  const forgotten =
    current === undefined
      ? NONE
      : apply(state.scheduler, { type: "forget-job", job: stepJobId(id, current.label) });
  forgetOldest(state);
  return [...forgotten, { type: "job-finished", job: id }];
}

/** The last to be forgotten is the one that has just ended: somebody still reads how. */
function forgetOldest(state: ClusterState): void {
  const ended = [...state.jobs.values()].filter((job) => job.ended !== undefined);
  let events = ended.reduce((sum, job) => sum + job.events.length, 0);
  for (const [i, job] of ended.slice(0, -1).entries()) {
    if (ended.length - i <= ENDED_JOBS_MAX && events <= ENDED_EVENTS_MAX) return;
    events -= job.events.length;
    state.jobs.delete(job.id);
    state.submissions.delete(job.submission);
  }
}
