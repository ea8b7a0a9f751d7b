/**
 * One life of a simulated worker: what src/worker/life.ts and attempts.ts do, without threads and
 * files. A leader that has given it up must find nothing of it in the next one.
 */

import type { Incarnation, JobId } from "../../../src/base/ids.ts";
import { failureInWords } from "../../../src/job/failure.ts";
import { attemptKey } from "../../../src/rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../../../src/rpc/wire/attempt.ts";
import type { MasterMessage, RegionLocation } from "../../../src/rpc/wire/from-master.ts";
import type { Register, WorkerMessage } from "../../../src/rpc/wire/from-worker.ts";
import type { Assignment, JobSetup } from "../../../src/rpc/wire/task.ts";
import { type AttemptEnd, EndedAttempts } from "../../../src/worker/ended-attempts.ts";
import type { Ledger } from "../checks/ledger.ts";
import type { Process } from "../world/host.ts";
import type { MountedFolder } from "../world/mounted-folder.ts";
import type { RegionStore } from "./region-store.ts";
import { WorkerAttempt } from "./worker-attempt.ts";

/** What a life is made of. */
export interface WorkerLifeOptions {
  readonly process: Process;
  readonly incarnation: Incarnation;
  readonly slots: number;
  readonly folder: MountedFolder;
  readonly store: RegionStore;
  readonly ledger: Ledger;
  readonly say: (message: WorkerMessage) => void;
}

/** A job, and by map task where its regions are, for each partition that was told of. */
interface KnownJob {
  readonly setup: JobSetup;
  readonly locations: Map<number, Map<number, RegionLocation>>;
}

const PROGRESS_INTERVAL_MS = 300;

/** See the head of this file. */
export class WorkerLife {
  readonly incarnation: Incarnation;
  readonly store: RegionStore;
  readonly #options: WorkerLifeOptions;
  readonly #jobs = new Map<JobId, KnownJob>();
  readonly #live = new Map<string, WorkerAttempt>();
  readonly #ended = new EndedAttempts();
  readonly #stopProgress: () => void;
  #isOver = false;

  constructor(options: WorkerLifeOptions) {
    this.#options = options;
    this.incarnation = options.incarnation;
    this.store = options.store;
    this.#stopProgress = options.process.every(PROGRESS_INTERVAL_MS, () => this.#tellProgress());
  }

  get runningCount(): number {
    return this.#live.size;
  }

  /** It is in the middle of what it makes for all machines. */
  get isWriting(): boolean {
    return [...this.#live.values()].some(({ isWriting }) => isWriting);
  }

  facts(): Pick<Register, "running" | "ended" | "jobs"> {
    return {
      running: [...this.#live.values()].map(({ ref }) => ref),
      ended: this.#ended.all().map(({ attempt }) => attempt),
      jobs: [...this.#jobs.keys()],
    };
  }

  /** Tells a new session what the one before may not have heard. */
  tellAgain(): void {
    for (const end of this.#ended.all()) {
      this.#options.process.world.sometimes.saw("end told again");
      this.#options.say(end);
    }
    for (const attempt of this.#live.values()) attempt.reportAgain();
  }

  take(message: MasterMessage): void {
    switch (message.type) {
      case "job-setup": {
        const { setup } = message;
        if (this.#jobs.has(setup.job)) return;
        this.#jobs.set(setup.job, { setup, locations: new Map() });
        return;
      }
      case "assign":
        return this.#assign(message.assignment);
      case "kill":
        return this.#kill(message.attempt);
      case "region-locations":
        return this.#locate(message.job, message.partition, message.locations);
      case "lost-regions":
        for (const { mapTask, mapAttempt } of message.regions) {
          this.#lose(message.job, mapTask, mapAttempt);
        }
        return;
      case "recorded":
        return this.#ended.recorded(message.attempts);
      case "forget-job":
        return this.#forget(message.job);
    }
  }

  /** It was given up: whatever runs ends, and nobody hears of it. */
  close(): void {
    this.#isOver = true;
    this.#stopProgress();
    for (const attempt of this.#live.values()) attempt.kill();
  }

  #assign(assignment: Assignment): void {
    const { attempt: ref } = assignment;
    const { say, process, incarnation, folder, store, ledger } = this.#options;
    if (this.#live.has(attemptKey(ref))) return;
    const before = this.#ended.of(ref);
    if (before !== undefined) return say(before);
    const job = this.#jobs.get(ref.job);
    if (job === undefined) {
      const failure = failureInWords("lost", "NOT_FOUND", "The worker was told nothing of it.");
      return this.#over({ type: "attempt-failed", attempt: ref, failure, fatal: false });
    }
    const parts = { process, incarnation, folder, store, ledger, report: say };
    this.#live.set(attemptKey(ref), new WorkerAttempt(assignment, job.setup, parts));
    this.#startNext();
  }

  #startNext(): void {
    const live = [...this.#live.values()];
    let free = this.#options.slots - live.filter(({ isRunning }) => isRunning).length;
    for (const attempt of live) {
      if (free <= 0) return;
      if (attempt.isRunning) continue;
      free--;
      const { job, phase, task } = attempt.ref;
      const known = phase === "reduce" ? this.#jobs.get(job)?.locations.get(task)?.values() : [];
      attempt.run(known ?? []).then(
        (end) => this.#ranTo(attempt, end),
        (thrown: unknown) => this.#options.process.world.fail(thrown),
      );
    }
  }

  #ranTo(attempt: WorkerAttempt, end: AttemptEnd): void {
    const { ledger, incarnation } = this.#options;
    if (this.#isOver || !this.#live.delete(attemptKey(attempt.ref))) return;
    if (end.type === "attempt-succeeded") ledger.finished(incarnation, attempt.ref);
    this.#over(end);
    this.#startNext();
  }

  #over(end: AttemptEnd): void {
    this.#ended.add(end);
    this.#options.say(end);
  }

  #kill(ref: AnyAttemptRef): void {
    const attempt = this.#live.get(attemptKey(ref));
    if (attempt === undefined) {
      this.#options.say(this.#ended.of(ref) ?? { type: "attempt-killed", attempt: ref });
    } else if (attempt.isRunning) {
      attempt.kill();
    } else {
      this.#live.delete(attemptKey(ref));
      this.#over({ type: "attempt-killed", attempt: ref });
    }
  }

  #locate(id: JobId, partition: number, locations: readonly RegionLocation[]): void {
    const known = this.#jobs.get(id)?.locations;
    if (known === undefined) return;
    const byMap = known.get(partition) ?? new Map<number, RegionLocation>();
    known.set(partition, byMap);
    for (const location of locations) byMap.set(location.mapTask, location);
    for (const attempt of this.#of(id)) {
      if (attempt.ref.phase === "reduce" && attempt.ref.task === partition) {
        attempt.locate(locations);
      }
    }
  }

  #lose(id: JobId, mapTask: number, mapAttempt: number): void {
    for (const byMap of this.#jobs.get(id)?.locations.values() ?? []) {
      if (byMap.get(mapTask)?.mapAttempt === mapAttempt) byMap.delete(mapTask);
    }
    for (const attempt of this.#of(id)) attempt.lose(mapTask, mapAttempt);
  }

  #forget(id: JobId): void {
    this.#jobs.delete(id);
    this.store.forget(id);
    for (const attempt of this.#of(id)) this.#kill(attempt.ref);
    this.#ended.forget(id);
  }

  #of(id: JobId): WorkerAttempt[] {
    return [...this.#live.values()].filter(({ ref }) => ref.job === id);
  }

  #tellProgress(): void {
    const running = [...this.#live.values()].filter(({ isRunning }) => isRunning);
    if (running.length === 0) return;
    this.#options.say({ type: "progress", attempts: running.map(({ progress }) => progress) });
  }
}
