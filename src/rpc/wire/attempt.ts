/**
 * Attempts, workers and leaders as they are named in messages.
 */

import {
  type AttemptNumber,
  attemptNumber,
  type Incarnation,
  incarnation,
  type JobId,
  jobId,
  type MemberId,
  memberId,
  type TaskIndex,
  type Term,
  taskIndex,
  term,
  type WorkerName,
  workerName,
} from "../../base/ids.ts";
import { ATTEMPTS_MAX_LIMIT, PARTITIONS_MAX, SPLITS_MAX } from "../../base/limits.ts";
import type { Phase as SchedulerPhase } from "../../scheduler/state.ts";
import { Phase, type AttemptRef as WireAttempt } from "../generated/sheaf/v1/attempt.ts";
import type { LeaderHint as WireLeader } from "../generated/sheaf/v1/failure.ts";
import { address, choice, count, id, numberOf, present } from "./checks.ts";

/** A phase of a job, or the sample before it. */
export type AnyPhase = SchedulerPhase | "sample";

/** Names one attempt of any kind. */
export interface AnyAttemptRef {
  readonly job: JobId;
  readonly phase: AnyPhase;
  readonly task: TaskIndex;
  readonly attempt: AttemptNumber;
}

/** Who leads, as far as a master knows. */
export interface LeaderHint {
  readonly member: MemberId;
  /** Undefined during an election. */
  readonly address: string | undefined;
  readonly term: Term;
}

const PHASES = { sample: Phase.SAMPLE, map: Phase.MAP, reduce: Phase.REDUCE } as const;

/**
 * Attempts of one task, backups and lost ones counted: far more than a job survives, and a number
 * that is still no use for filling a disk with names.
 */
const ATTEMPT_NUMBER_MAX = 1000 * ATTEMPTS_MAX_LIMIT;

export const phaseToWire = (phase: AnyPhase) => numberOf(phase, PHASES);

export function anyPhaseFromWire(field: string, phase: number): AnyPhase {
  return choice(field, phase, PHASES);
}

export function phaseFromWire(field: string, phase: number): SchedulerPhase {
  return choice(field, phase, { map: PHASES.map, reduce: PHASES.reduce });
}

export function taskFromWire(field: string, task: number): TaskIndex {
  return taskIndex(count(field, task, SPLITS_MAX - 1));
}

export function partitionFromWire(field: string, partition: number): number {
  return count(field, partition, PARTITIONS_MAX - 1);
}

export function attemptNumberFromWire(field: string, attempt: number): AttemptNumber {
  return attemptNumber(count(field, attempt, ATTEMPT_NUMBER_MAX));
}

export function attemptToWire(ref: AnyAttemptRef): WireAttempt {
  const { job, phase, task, attempt } = ref;
  return { jobId: job, phase: phaseToWire(phase), task, attempt };
}

export function attemptFromWire(field: string, wire: WireAttempt | undefined): AnyAttemptRef {
  const ref = present(field, wire);
  return {
    job: jobFromWire(`${field}.job_id`, ref.jobId),
    phase: anyPhaseFromWire(`${field}.phase`, ref.phase),
    task: taskFromWire(`${field}.task`, ref.task),
    attempt: attemptNumberFromWire(`${field}.attempt`, ref.attempt),
  };
}

export function jobFromWire(field: string, job: string): JobId {
  return jobId(id(field, job));
}

export function workerFromWire(field: string, name: string): WorkerName {
  return workerName(id(field, name));
}

export function incarnationFromWire(field: string, value: string): Incarnation {
  return incarnation(id(field, value));
}

export function termFromWire(field: string, value: number): Term {
  return term(count(field, value));
}

/** The most that a member's number may be. */
export const MEMBER_ID_MAX = 2 ** 32 - 1;

export function memberFromWire(field: string, value: number): MemberId {
  return memberId(count(field, value, MEMBER_ID_MAX, 1));
}

export function leaderToWire(leader: LeaderHint): WireLeader {
  return { memberId: leader.member, address: leader.address ?? "", term: leader.term };
}

export function leaderFromWire(field: string, wire: WireLeader): LeaderHint {
  return {
    member: memberFromWire(`${field}.member_id`, wire.memberId),
    address: wire.address === "" ? undefined : address(`${field}.address`, wire.address),
    term: termFromWire(`${field}.term`, wire.term),
  };
}
