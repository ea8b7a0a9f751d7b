/**
 * The state of the scheduler: for each task its state, its attempts and where they run, as in
 * section 3.2 of the paper. It is a fold of commands over an empty state (see apply.ts), so any two
 * copies that took the same commands are equal. No clock, no promise, no socket. Read all of it;
 * only apply() writes.
 *
 * What always holds, per job:
 * - a task is in-progress exactly while one or two of its attempts run, never two on one worker;
 * - a completed task has exactly one attempt that succeeded, and `result` is that one's;
 * - what runs, runs on a live worker; and while a job runs, the outputs of its completed maps are on
 *   live workers;
 * - a reduce task is assigned only while `mapsBeforeReduces` maps are completed, and completed only
 *   after each map was;
 * - a job that has ended (`done`, `failed`, `cancelled`) has no attempt under way;
 * - what is kept to plan quickly (idle sets, counts, attempts by worker) says what the tasks say.
 */

import type { AttemptNumber, JobId, TaskIndex, WorkerId, WorkerName } from "../base/ids.ts";
import type { Failure, SkippedRecord } from "../job/failure.ts";
import { IndexSet } from "./index-set.ts";

/** Everything the scheduler knows. */
export interface SchedulerState {
  /** In the order of submission. */
  readonly jobs: Map<JobId, JobState>;
  /** Those that have not ended, likewise. */
  readonly active: Map<JobId, JobState>;
  readonly workers: WorkerTable;
  /** Attempts assigned so far: the serial of the next one. */
  assignments: number;
  /** Snapshots that are being taken, which want to know of a task before it changes. */
  readonly observers: Set<TaskObserver>;
}

/** See `SchedulerState.observers`. */
export interface TaskObserver {
  willChange(job: JobState, phase: Phase, task: TaskIndex): void;
}

/** Which half of a job a task belongs to. */
export type Phase = "map" | "reduce";

/** A job runs, then it has ended in one of three ways. */
export type JobStatus = "running" | "done" | "failed" | "cancelled";

/** One MapReduce: a step of a pipeline is a job of its own here. */
export interface JobState {
  readonly id: JobId;
  readonly limits: JobLimits;
  /** From -100 to 100; jobs of a higher one are served first. */
  readonly priority: number;
  /** Maps that must be completed for a reduce to be assigned. */
  readonly mapsBeforeReduces: number;
  /** Whether backup attempts are made. */
  readonly speculation: boolean;
  /** Where the input of maps is near, for those of which that is known. */
  readonly mapHosts: readonly LabelledTasks[];
  status: JobStatus;
  readonly map: PhaseState;
  readonly reduce: PhaseState;
  /** Records and groups skipped so far, over all tasks and in earlier steps. */
  skipped: number;
  /** Why it failed, when it did. */
  verdict: Verdict | undefined;
}

/** What a job was submitted with: whole numbers, all of them finite. */
export interface JobLimits {
  /** Failed attempts of one task before the job fails. Lost ones do not count. */
  readonly attemptsMax: number;
  /** Attempts of one task that end with their worker's death before the job fails. */
  readonly deathsMax: number;
  /** Bad records that may be skipped; 0 to skip none. */
  readonly skippedMax: number;
}

/** The map tasks whose input is on a host, or in a rack; what is near is the label's business. */
export interface LabelledTasks {
  readonly label: string;
  /** In increasing order. */
  readonly tasks: Uint32Array;
}

/** The tasks of a phase, with the sums that planning needs. */
export interface PhaseState {
  /** How many tasks there are. */
  readonly count: number;
  /** By index; undefined while a task was never attempted, which costs next to nothing. */
  readonly tasks: (TaskState | undefined)[];
  /** Idle tasks that were attempted before. They are assigned first. */
  readonly retry: IndexSet;
  /** Idle tasks that were never attempted. Once a job has ended, neither set holds any. */
  readonly fresh: IndexSet;
  /** Tasks in progress. */
  inProgress: number;
  completed: number;
  /** Tasks that have been completed, be it that their output got lost since. */
  everCompleted: number;
  /** Attempts assigned so far. */
  attempts: number;
  /** Tasks that were attempted. */
  attempted: number;
  /** Records on the skip lists of its tasks. */
  badRecords: number;
  /** Attempts that run, in the order in which they were assigned. */
  readonly running: Set<AttemptState>;
}

/** One task that was attempted. */
export interface TaskState {
  readonly index: TaskIndex;
  state: "idle" | "in-progress" | "completed";
  /** Whether it ever was, be it that its output got lost since. */
  wasCompleted: boolean;
  /** The number of its next attempt. */
  nextAttempt: AttemptNumber;
  /** Those that run, the winner, and the last of the others. */
  attempts: readonly AttemptState[];
  /**
   * What the last winner reported; its shape is the shell's business. What a map has counted holds
   * even if its output got lost since.
   */
  result: unknown;
  /** Records that the last winner left out by its own decision. */
  skipped: number;
  /** Undefined while nothing went wrong. */
  trouble: TaskTrouble | undefined;
}

/** What went wrong with a task. */
export interface TaskTrouble {
  /** Failed attempts since the task last got past a bad record. */
  failures: number;
  /** Attempts that ended with the death of their worker. */
  deaths: number;
  /** How often each failure was seen, by the beginning of its message. */
  readonly messages: Map<string, number>;
  /** The records to skip, in the order they were found. */
  readonly skip: SkippedRecord[];
  /** How often an attempt failed at a record, by its ordinal. */
  readonly suspects: Map<number, number>;
}

/** Names one attempt. */
export interface AttemptRef {
  readonly job: JobId;
  readonly phase: Phase;
  readonly task: TaskIndex;
  readonly attempt: AttemptNumber;
}

/** Attempt states. *Failed* is the user's code; *lost* is ours. */
export type AttemptPhase = "running" | "succeeded" | "failed" | "killed" | "lost";

/** One attempt of a task on one worker. */
export interface AttemptState extends AttemptRef {
  readonly worker: WorkerId;
  /** Whether it was assigned beside another one. */
  readonly backup: boolean;
  /** How many attempts were assigned before it: those with a higher one are younger. */
  readonly serial: number;
  state: AttemptPhase;
}

/** The workers that may run attempts, and what is remembered of those that may not any more. */
export interface WorkerTable {
  readonly live: Map<WorkerId, WorkerState>;
  /** The live ones, by what they are called. */
  readonly byName: Map<WorkerName, WorkerState>;
  /** Lives that have ended, by name, the latest last; a bounded number of each and in all. */
  readonly past: Map<WorkerName, PastLife[]>;
  /** Slots of the live ones together. */
  slots: number;
}

/** One life of a worker. */
export interface WorkerState {
  readonly id: WorkerId;
  readonly name: WorkerName;
  readonly slots: number;
  /** Where others fetch regions from it. */
  readonly address: string;
  /** The labels by which it is near to some inputs; empty if it has none. */
  readonly host: string;
  readonly rack: string;
  /** The attempts that it runs. */
  readonly running: Set<AttemptState>;
  /** The winners among its map attempts, whose output is on its disk, by job that has not ended. */
  readonly outputs: Map<JobId, Set<AttemptState>>;
}

/** A life that has ended: given up, or followed by another one of the same name. */
export interface PastLife {
  readonly id: WorkerId;
  readonly how: "lost" | "left" | "superseded";
}

/** The failure that ended a job, and how often its like was seen. */
export interface Verdict {
  readonly phase: Phase;
  readonly task: TaskIndex;
  readonly attempt: AttemptNumber;
  readonly failure: Failure;
  /** Attempts of the task that failed, this one included. */
  readonly failures: number;
  /** Those of them that failed with the same message. */
  readonly occurrences: number;
  readonly reason: "attempts" | "deaths" | "fatal" | "skipped";
}

/** A scheduler with no jobs and no workers. */
export function emptyState(): SchedulerState {
  return {
    jobs: new Map(),
    active: new Map(),
    workers: { live: new Map(), byName: new Map(), past: new Map(), slots: 0 },
    assignments: 0,
    observers: new Set(),
  };
}

/** A phase none of whose tasks was attempted. */
export function untouchedPhase(count: number): PhaseState {
  return {
    count,
    tasks: new Array<TaskState | undefined>(count).fill(undefined),
    retry: new IndexSet(count),
    fresh: IndexSet.full(count),
    inProgress: 0,
    completed: 0,
    everCompleted: 0,
    attempts: 0,
    attempted: 0,
    badRecords: 0,
    running: new Set(),
  };
}

/** The tasks of one phase of a job. */
export function phaseOf(job: JobState, phase: Phase): PhaseState {
  return phase === "map" ? job.map : job.reduce;
}

/** Whether nothing more will happen in a job. */
export function hasEnded(job: JobState): boolean {
  return job.status !== "running";
}

/** Tasks that wait to be assigned. */
export function idleCount(phase: PhaseState): number {
  return phase.retry.size + phase.fresh.size;
}

/** The attempt of that name, if it is remembered. */
export function attemptOf(state: SchedulerState, ref: AttemptRef): AttemptState | undefined {
  const job = state.jobs.get(ref.job);
  if (job === undefined) return undefined;
  return phaseOf(job, ref.phase).tasks[ref.task]?.attempts.find(
    ({ attempt }) => attempt === ref.attempt,
  );
}

/** The attempt that completed a task, if it is completed. */
export function winnerOf(task: TaskState | undefined): AttemptState | undefined {
  if (task?.state !== "completed") return undefined;
  return task.attempts.find(({ state }) => state === "succeeded");
}

/** The records that attempts of a task are to leave out. */
export function skipListOf(phase: PhaseState, task: TaskIndex): readonly SkippedRecord[] {
  return phase.tasks[task]?.trouble?.skip ?? [];
}
