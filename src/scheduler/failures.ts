/**
 * What failures mean for a task and its job: how often is too often, which record is bad, and when
 * it is the task that kills its workers.
 */

import { assert } from "../base/assert.ts";
import type { Failure } from "../job/failure.ts";
import type { FailAttempt } from "./command.ts";
import type {
  AttemptState,
  JobState,
  PhaseState,
  TaskState,
  TaskTrouble,
  Verdict,
} from "./state.ts";

/** Failures at one record before it counts as bad and is skipped. */
const FAILURES_OF_A_BAD_RECORD = 2;
/** How much of a message is kept to count its like, and how many of them. */
const MESSAGE_CHARS_KEPT = 500;
const MESSAGES_MAX = 32;

/** Counts a failed attempt against its task; answers why that fails the job, if it does. */
export function blame(
  job: JobState,
  phase: PhaseState,
  task: TaskState,
  { failure, fatal, ...ref }: FailAttempt,
): Verdict | undefined {
  const { limits } = job;
  const trouble = troubleOf(task);
  const ordinal = limits.skippedMax > 0 ? failure.record?.ordinal : undefined;
  // It began before another attempt of the task found the record bad.
  if (trouble.skip.some((record) => record.ordinal === ordinal)) return undefined;
  trouble.failures++;
  const { phase: name, task: index, attempt } = ref;
  const verdict = {
    phase: name,
    task: index,
    attempt,
    failure,
    failures: trouble.failures,
    occurrences: countMessage(trouble, failure.message),
  };
  if (failure.code === "TOO_MANY_BAD_RECORDS") return { ...verdict, reason: "skipped" };
  if (fatal && ordinal === undefined) return { ...verdict, reason: "fatal" };
  if (ordinal !== undefined && isBad(trouble, ordinal)) {
    job.skipped++;
    if (job.skipped > limits.skippedMax) return { ...verdict, reason: "skipped" };
    trouble.skip.push({ ordinal, error: failure.message });
    trouble.suspects.delete(ordinal);
    trouble.failures = 0;
    phase.badRecords++;
    return undefined;
  }
  if (trouble.failures < limits.attemptsMax) return undefined;
  return { ...verdict, reason: "attempts" };
}

/** Counts an attempt that ended with its worker; answers why that fails the job, if it does. */
export function blameForDeath(
  job: JobState,
  task: TaskState,
  { phase, attempt }: AttemptState,
): Verdict | undefined {
  const trouble = troubleOf(task);
  trouble.deaths++;
  if (trouble.deaths < job.limits.deathsMax) return undefined;
  const { deaths } = trouble;
  const failure: Failure = {
    kind: "lost",
    code: "THREAD_DIED",
    message: `The worker that ran it died, or fell silent, ${deaths} times in all.`,
    stack: "",
    codeFrame: undefined,
    record: undefined,
    logTail: "",
  };
  return {
    phase,
    task: task.index,
    attempt,
    failure,
    failures: deaths,
    occurrences: deaths,
    reason: "deaths",
  };
}

function troubleOf(task: TaskState): TaskTrouble {
  task.trouble ??= { failures: 0, deaths: 0, messages: new Map(), skip: [], suspects: new Map() };
  return task.trouble;
}

function countMessage({ messages }: TaskTrouble, message: string): number {
  const kept = message.slice(0, MESSAGE_CHARS_KEPT);
  const times = (messages.get(kept) ?? 0) + 1;
  messages.set(kept, times);
  if (messages.size > MESSAGES_MAX) {
    const [oldest] = messages.keys();
    assert(oldest !== undefined, "what holds too many holds one");
    messages.delete(oldest);
  }
  return times;
}

function isBad({ suspects }: TaskTrouble, ordinal: number): boolean {
  const times = (suspects.get(ordinal) ?? 0) + 1;
  suspects.set(ordinal, times);
  return times >= FAILURES_OF_A_BAD_RECORD;
}
