/**
 * On which workers the bytes of each partition are: reduces are best placed where most of theirs lie.
 * Sums, kept as maps complete; the leader's memory.
 */

import type { JobId, TaskIndex, WorkerId } from "../../base/ids.ts";
import type { RegionShare } from "../../scheduler/liveness.ts";
import type { AttemptState, JobState } from "../../scheduler/state.ts";
import { type PackedResult, regionLengths } from "../state/task-result.ts";

/** Sums of one job, 8 bytes each; a job that would need more is placed without them. */
const SUMS_MAX = 4 * 1024 * 1024;
/** A few will do, the scheduler says. */
const SHARES_MAX = 10;

/** See the head of this file. */
export class RegionShares {
  readonly #jobs = new Map<JobId, JobShares>();

  /** A map has completed. */
  completed(job: JobState, winner: AttemptState): void {
    if (job.reduce.count === 0) return;
    let shares = this.#jobs.get(job.id);
    if (shares === undefined) {
      shares = new JobShares(job.reduce.count);
      this.#jobs.set(job.id, shares);
    }
    shares.add(winner.worker, resultOf(job, winner), 1);
  }

  /** The output of a map that had completed is gone. */
  lost(job: JobState, { worker, task }: Pick<AttemptState, "worker" | "task">): void {
    this.#jobs.get(job.id)?.add(worker, resultOf(job, { task }), -1);
  }

  forget(job: JobId): void {
    this.#jobs.delete(job);
  }

  /** Bytes of a partition in all outputs so far. */
  bytesOf(job: JobId, partition: TaskIndex): number {
    return this.#jobs.get(job)?.totals[partition] ?? 0;
  }

  /** The workers that have most bytes of a partition, the first most. */
  of(job: JobId, partition: TaskIndex): readonly RegionShare[] {
    return this.#jobs.get(job)?.of(partition) ?? [];
  }
}

function resultOf(job: JobState, { task }: Pick<AttemptState, "task">): PackedResult {
  return job.map.tasks[task]!.result as PackedResult;
}

class JobShares {
  readonly totals: Float64Array;
  readonly #workers = new Map<WorkerId, Float64Array>();

  constructor(partitions: number) {
    this.totals = new Float64Array(partitions);
  }

  add(worker: WorkerId, result: PackedResult, sign: 1 | -1): void {
    const sums = this.#sumsOf(worker);
    let partition = 0;
    for (const length of regionLengths(result)) {
      this.totals[partition]! += sign * length;
      if (sums !== undefined) sums[partition]! += sign * length;
      partition++;
    }
  }

  of(partition: TaskIndex): RegionShare[] {
    const total = this.totals[partition] ?? 0;
    if (total <= 0) return [];
    return [...this.#workers]
      .map(([worker, sums]) => ({ worker, share: sums[partition]! / total }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share)
      .slice(0, SHARES_MAX);
  }

  #sumsOf(worker: WorkerId): Float64Array | undefined {
    const known = this.#workers.get(worker);
    if (known !== undefined) return known;
    if ((this.#workers.size + 1) * this.totals.length > SUMS_MAX) return undefined;
    const sums = new Float64Array(this.totals.length);
    this.#workers.set(worker, sums);
    return sums;
  }
}
