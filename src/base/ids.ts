/**
 * Branded identifiers: all are numbers or strings at run time, and none can be passed for another.
 */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** One run of a job. */
export type JobId = Branded<string, "JobId">;
/** Index of a partition, in [0, R). */
export type Partition = Branded<number, "Partition">;
/** Index of a map or reduce task within its phase. */
export type TaskIndex = Branded<number, "TaskIndex">;
/** Ordinal of an attempt of one task, from 0. */
export type AttemptNumber = Branded<number, "AttemptNumber">;
/** Whatever runs attempts: this process, or one life of a worker on another machine. */
export type WorkerId = Branded<string, "WorkerId">;
/** What a worker is called, from life to life. */
export type WorkerName = Branded<string, "WorkerName">;
/** One life of a worker: chosen anew whenever its process starts. */
export type Incarnation = Branded<string, "Incarnation">;
/** A master in its group, by the number that `--id` gives it. */
export type MemberId = Branded<number, "MemberId">;
/** A term of the group: at most one leader each. */
export type Term = Branded<number, "Term">;
/** The place of an entry in the replicated log, from 1. */
export type LogIndex = Branded<number, "LogIndex">;

export const jobId = (id: string): JobId => id as JobId;
export const partition = (index: number): Partition => index as Partition;
export const taskIndex = (index: number): TaskIndex => index as TaskIndex;
export const attemptNumber = (ordinal: number): AttemptNumber => ordinal as AttemptNumber;
export const workerId = (id: string): WorkerId => id as WorkerId;
export const workerName = (name: string): WorkerName => name as WorkerName;
export const incarnation = (id: string): Incarnation => id as Incarnation;
export const memberId = (id: number): MemberId => id as MemberId;
export const term = (number: number): Term => number as Term;
export const logIndex = (index: number): LogIndex => index as LogIndex;
