/**
 * The attempts of one life of a worker: those that run in a seat, and a few that wait for one. It
 * starts what may start, ends what is to end, and tells how each ended until that is recorded.
 */

import { SheafError } from "../base/error.ts";
import type { JobId } from "../base/ids.ts";
import { attemptInWords, attemptKey } from "../rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import type { LostRegions, RegionLocations } from "../rpc/wire/from-master.ts";
import type { AttemptProgress } from "../rpc/wire/from-worker.ts";
import type { Assignment } from "../rpc/wire/task.ts";
import { Attempt } from "./attempt.ts";
import { lostEnd } from "./attempt-result.ts";
import { type AttemptEnd, EndedAttempts } from "./ended-attempts.ts";
import type { LifeParts } from "./life-parts.ts";
import type { Seat, Seats } from "./seats.ts";
import type { WorkerJob } from "./worker-job.ts";
import type { WorkerLog } from "./worker-log.ts";

/** What they are made of. */
export interface AttemptsOptions {
  readonly life: LifeParts;
  readonly seats: Seats;
  /** How many may wait for a seat. */
  readonly queuedMax: number;
  readonly log: WorkerLog;
  /** Called with an error that is a bug. */
  readonly onBug: (thrown: unknown) => void;
}

/** See the head of this file. */
export class Attempts {
  readonly ended = new EndedAttempts();
  readonly #options: AttemptsOptions;
  /** In the order in which they were assigned; those without a seat wait. */
  readonly #live = new Map<string, Attempt>();
  readonly #runs = new Map<Attempt, Promise<void>>();
  /** What the last message about an attempt's progress said. */
  readonly #told = new WeakMap<Attempt, string>();
  #isClosed = false;

  constructor(options: AttemptsOptions) {
    this.#options = options;
  }

  /** Takes an attempt in. What is known already is not begun twice. */
  assign(assignment: Assignment, job: WorkerJob | undefined): void {
    const { life, queuedMax } = this.#options;
    const { attempt: ref } = assignment;
    if (this.#isClosed) return;
    if (this.#live.has(attemptKey(ref))) return;
    const before = this.ended.of(ref);
    if (before !== undefined) return life.say(before);
    if (job === undefined) {
      const words = `The worker was told nothing of job ${ref.job}.`;
      return this.#over(lostEnd(ref, new SheafError("NOT_FOUND", words)));
    }
    const queued = [...this.#live.values()].filter(({ seat }) => seat === undefined).length;
    if (queued >= queuedMax) {
      const words = `The worker has ${queued} attempts waiting for a slot already.`;
      return this.#over(lostEnd(ref, new SheafError("LIMIT_REACHED", words)));
    }
    this.#live.set(attemptKey(ref), new Attempt(assignment, job, life));
    this.#startNext();
  }

  /** Ends an attempt, and says so. */
  kill(ref: AnyAttemptRef): void {
    const { life } = this.#options;
    const attempt = this.#live.get(attemptKey(ref));
    if (attempt === undefined) {
      life.say(this.ended.of(ref) ?? { type: "attempt-killed", attempt: ref });
    } else if (attempt.seat === undefined) {
      this.#live.delete(attemptKey(ref));
      this.#over({ type: "attempt-killed", attempt: ref });
    } else {
      attempt.kill();
    }
  }

  /** Ends all attempts of a job; resolves when nothing of it runs any more. */
  async forget(job: JobId): Promise<void> {
    const over: Promise<void>[] = [];
    for (const attempt of this.#of(job)) {
      this.kill(attempt.ref);
      const run = this.#runs.get(attempt);
      if (run !== undefined) over.push(run);
    }
    await Promise.all(over);
    this.ended.forget(job);
  }

  locate({ job, partition, locations }: RegionLocations): void {
    for (const attempt of this.#of(job)) {
      if (attempt.ref.phase === "reduce" && attempt.ref.task === partition) {
        attempt.locate(locations);
      }
    }
  }

  lose(lost: LostRegions): void {
    for (const attempt of this.#of(lost.job)) attempt.lose(lost);
  }

  /** Whether a reduce attempt of a partition is here. */
  reduces(job: JobId, partition: number): boolean {
    return this.#of(job).some(({ ref }) => ref.phase === "reduce" && ref.task === partition);
  }

  /** Tells a new session what the one before may not have heard. */
  tellAgain(): void {
    for (const end of this.ended.all()) this.#options.life.say(end);
    for (const attempt of this.#live.values()) attempt.reportAgain();
  }

  /** Those that have not ended, whether they have a seat or wait for one. */
  live(): AnyAttemptRef[] {
    return [...this.#live.values()].map(({ ref }) => ref);
  }

  /** How far those are that have moved since it was asked last. */
  progress(): AttemptProgress[] {
    return [...this.#live.values()].flatMap((attempt) => {
      const reading = attempt.seat?.progress();
      if (reading === undefined) return [];
      const { records, bytes, spills } = reading;
      const told = `${records} ${bytes} ${spills}`;
      if (this.#told.get(attempt) === told) return [];
      this.#told.set(attempt, told);
      return [{ attempt: attempt.ref, records, bytes, spills }];
    });
  }

  /** Ends all of them without a word, and begins no more; resolves when nothing of them runs any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const runs = [...this.#runs.values()];
    for (const attempt of this.#live.values()) attempt.kill();
    this.#live.clear();
    await Promise.all(runs);
  }

  #of(job: JobId): Attempt[] {
    return [...this.#live.values()].filter(({ ref }) => ref.job === job);
  }

  #startNext(): void {
    for (const attempt of this.#live.values()) {
      if (attempt.seat !== undefined) continue;
      const seat = this.#options.seats.take(attempt.job.threadKey);
      if (seat === undefined) return;
      this.#runs.set(attempt, this.#run(attempt, seat).catch(this.#options.onBug));
    }
  }

  async #run(attempt: Attempt, seat: Seat): Promise<void> {
    const end = await attempt.run(seat);
    seat.giveBack();
    this.#runs.delete(attempt);
    // Nobody is there to hear it when this life is over.
    if (!this.#live.delete(attemptKey(attempt.ref))) return;
    this.#over(end);
    this.#startNext();
  }

  #over(end: AttemptEnd): void {
    const { life, log } = this.#options;
    this.ended.add(end);
    life.say(end);
    if (end.type !== "attempt-failed") return;
    const { attempt, failure } = end;
    const [headline] = failure.message.split("\n", 1);
    const { job, phase, task } = attempt;
    const how = failure.kind === "lost" ? "was lost" : "failed";
    const words = `The ${attemptInWords(attempt)} ${how}: ${headline}`;
    log.warn("attempt-failed", words, {
      job,
      phase,
      task,
      attempt: attempt.attempt,
      kind: failure.kind,
      code: failure.code,
    });
  }
}
