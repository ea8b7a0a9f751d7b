/**
 * How a command of the log changes the state of the masters. Deterministic and idempotent, as the
 * scheduler's own `apply` is.
 */

import { type WorkerId, workerId } from "../base/ids.ts";
import { apply } from "../scheduler/apply.ts";
import type {
  AcceptJob,
  BeginStep,
  ClusterCommand,
  EndStep,
  RecordEvent,
  RegisterWorker,
} from "./cluster-command.ts";
import { type ClusterState, lifeOf, stepJobId } from "./cluster-state.ts";

/** Jobs that have ended and are still told about. */
const ENDED_JOBS_MAX = 1000;
/** Events of one job; what else fails in it is only counted. */
const EVENTS_MAX = 10_000;
/** Lives of a worker by which a zombie of it is known. */
const PAST_LIVES_MAX = 16;

/** Changes `state` by one command. */
export function applyCommand(state: ClusterState, command: ClusterCommand): void {
  switch (command.type) {
    case "accept-job":
      return acceptJob(state, command);
    case "begin-step":
      return beginStep(state, command);
    case "end-step":
      return endStep(state, command);
    case "record-event":
      return recordEvent(state, command);
    case "request-cancel": {
      const job = state.jobs.get(command.job);
      if (job !== undefined && job.ended === undefined) job.isCancelled = true;
      return;
    }
    case "register-worker":
      return registerWorker(state, command);
    case "lose-worker": {
      for (const worker of state.workers.values()) {
        if (worker.incarnation === lifeOf(command.worker)) worker.isLost = true;
      }
      return void apply(state.scheduler, command);
    }
    default:
      return void apply(state.scheduler, command);
  }
}

function acceptJob(state: ClusterState, command: AcceptJob): void {
  if (state.submissions.has(command.submission) || state.jobs.has(command.job)) return;
  const { job: id, submission, spec, outputId, slots, timeMs } = command;
  state.submissions.set(submission, id);
  state.jobs.set(id, {
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
    events: [],
    ended: undefined,
  });
}

function beginStep(state: ClusterState, command: BeginStep): void {
  const job = state.jobs.get(command.job);
  if (job === undefined || job.ended !== undefined || job.current !== undefined) return;
  const { label, planHash, boundaries, submit } = command;
  job.standing = "running";
  job.current = { label, planHash, boundaries };
  apply(state.scheduler, submit);
}

function endStep(state: ClusterState, { job: id, label, outcome }: EndStep): void {
  const job = state.jobs.get(id);
  const current = job?.current;
  if (job === undefined || current === undefined) return;
  if (current.label.step !== label.step || current.label.iteration !== label.iteration) return;
  job.steps.push({ label, outcome });
  job.current = undefined;
  apply(state.scheduler, { type: "forget-job", job: stepJobId(id, label) });
}

function recordEvent(state: ClusterState, { job: id, event, timeMs, worker }: RecordEvent): void {
  const job = state.jobs.get(id);
  if (job === undefined || job.ended !== undefined) return;
  if (event.type === "job-ended") {
    const { current } = job;
    if (current !== undefined) {
      apply(state.scheduler, { type: "forget-job", job: stepJobId(id, current.label) });
    }
    job.current = undefined;
    job.ended = { event, timeMs };
    job.standing = event.ok ? "succeeded" : job.isCancelled ? "cancelled" : "failed";
  } else if (job.events.length >= EVENTS_MAX) return;
  job.events.push({ sequence: job.events.length + 1, timeMs, event, worker });
  if (job.ended !== undefined) forgetOldest(state);
}

function forgetOldest(state: ClusterState): void {
  const ended = [...state.jobs.values()].filter((job) => job.ended !== undefined);
  for (const job of ended.slice(0, Math.max(0, ended.length - ENDED_JOBS_MAX))) {
    state.jobs.delete(job.id);
    state.submissions.delete(job.submission);
  }
}

function registerWorker(state: ClusterState, command: RegisterWorker): void {
  const { type: _, worker: name, incarnation, ...facts } = command;
  const known = state.workers.get(name);
  if (known === undefined) {
    state.workers.set(name, { name, incarnation, ...facts, isLost: false, past: [] });
    return;
  }
  // A life that has ended never begins again.
  if (known.incarnation === incarnation || known.past.includes(incarnation)) return;
  const before: WorkerId = workerId(known.incarnation);
  if (!known.isLost) apply(state.scheduler, { type: "lose-worker", worker: before });
  known.past.push(known.incarnation);
  if (known.past.length > PAST_LIVES_MAX) known.past.shift();
  Object.assign(known, { incarnation, ...facts, isLost: false });
}
