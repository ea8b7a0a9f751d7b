/**
 * When the scheduler is asked what to do next, and with what it is told: which slots are free, which
 * workers are sick, how far attempts are. What it answers is proposed; nothing has happened until the
 * log has it.
 */

import { type WorkerId, type WorkerName, workerId } from "../../base/ids.ts";
import type { AttemptProgress } from "../../rpc/wire/from-worker.ts";
import { AttemptClock } from "../../scheduler/attempt-clock.ts";
import type { ExcludedWorker } from "../../scheduler/exclusion.ts";
import type { Liveness } from "../../scheduler/liveness.ts";
import { PlanMemory } from "../../scheduler/plan/memory.ts";
import { plan } from "../../scheduler/plan.ts";
import { attemptOf } from "../../scheduler/state.ts";
import type { ClusterEffect } from "../state/cluster-effect.ts";
import { ownerOf } from "../state/cluster-state.ts";
import type { LeaderContext } from "./active-job.ts";
import type { RegionShares } from "./region-shares.ts";
import type { Samples } from "./samples.ts";
import { WaitingRoom } from "./waiting-room.ts";
import { exclusionInWords, WorkerHealth } from "./worker-health.ts";
import type { WorkerRoster } from "./worker-roster.ts";

/** What a planner asks. */
export interface PlannerOptions {
  readonly roster: WorkerRoster;
  readonly samples: Samples;
  readonly shares: RegionShares;
  /** Commands are on their way to the log, assignments perhaps. */
  readonly isBusy: () => boolean;
}

/** See the head of this file. The leader's memory: the next one begins with none. */
export class Planner {
  readonly #context: LeaderContext;
  readonly #options: PlannerOptions;
  readonly #pace: AttemptClock;
  readonly #health: WorkerHealth;
  readonly #memory = new PlanMemory();
  /** Workers that are excluded, as jobs were told: until when. */
  #told: ReadonlyMap<WorkerName, number> = new Map();
  #mustPlan = false;
  #isClosed = false;

  constructor(context: LeaderContext, options: PlannerOptions) {
    const { scheduler } = context.state;
    this.#context = context;
    this.#options = options;
    this.#pace = new AttemptClock(scheduler);
    this.#health = new WorkerHealth(scheduler);
  }

  /** Workers that get nothing for a while, and why. */
  get excluded(): readonly ExcludedWorker[] {
    return this.#health.excluded(this.#nowMs);
  }

  /** One command has had these effects. */
  take(effects: readonly ClusterEffect[]): void {
    this.#health.take(effects, this.#nowMs);
    for (const effect of effects) {
      switch (effect.type) {
        case "attempt-assigned":
        case "attempt-ended":
        case "phase-completed":
        case "job-ended":
          this.#pace.take(effect, this.#nowMs);
      }
    }
  }

  /** How far an attempt is of what it has to read tells who is slow. */
  progressed({ attempt: ref, bytes }: AttemptProgress): void {
    const { state, active } = this.#context;
    const step = active.get(ownerOf(ref.job))?.step;
    if (step === undefined || ref.phase === "sample") return;
    const { job, phase, task } = ref;
    const attempt = attemptOf(state.scheduler, { ...ref, phase });
    if (attempt === undefined) return;
    const { shares } = this.#options;
    const bytesTotal =
      phase === "map" ? step.plan.splits[task]?.sizeBytes : shares.bytesOf(job, task);
    if (bytesTotal !== undefined && bytesTotal > 0) {
      this.#pace.progressed(attempt, bytes / bytesTotal, this.#nowMs);
    }
  }

  /** There may be something to assign, soon. */
  schedule(): void {
    if (this.#mustPlan) return;
    this.#mustPlan = true;
    queueMicrotask(() => {
      if (!this.#options.isBusy()) this.planIfDue();
    });
  }

  /** To be called where no assignment is on its way to the log, so that none is made twice. */
  planIfDue(): void {
    if (!this.#mustPlan || this.#isClosed) return;
    const { roster, samples } = this.#options;
    this.#mustPlan = false;
    samples.assign([...roster.sessions.values()]);
    for (const command of plan(this.#context.state.scheduler, this.#liveness(), this.#nowMs)) {
      this.#context.propose(command);
      // There may be more to do than one call gives.
      this.#mustPlan = true;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  get #nowMs(): number {
    return this.#context.clock.nowMs();
  }

  #liveness(): Liveness {
    const { roster, shares } = this.#options;
    const free = new Map<WorkerId, number>();
    const waiting = new WaitingRoom(this.#pace);
    const { excluded } = this;
    this.#tellOf(excluded);
    for (const session of roster.sessions.values()) {
      const room = roster.roomOf(session, waiting);
      if (room > 0) free.set(workerId(session.incarnation), room);
    }
    return {
      free,
      excluded: new Set(excluded.map(({ worker }) => worker)),
      // One whose driver has not planned it again yet cannot be told to anybody.
      isReady: (job) => this.#context.active.get(ownerOf(job))?.step?.job.id === job,
      pace: this.#pace,
      regionShares: (job, partition) => shares.of(job, partition),
      memory: this.#memory,
    };
  }

  /** Who follows a job hears once of each worker that gets nothing from now on. */
  #tellOf(excluded: readonly ExcludedWorker[]): void {
    for (const sick of excluded) {
      const { worker, untilMs } = sick;
      if (this.#told.get(worker) === untilMs) continue;
      const message = `Worker ${worker} is excluded. ${exclusionInWords(sick, this.#nowMs)}`;
      this.#context.tell("worker-excluded", message);
      for (const job of this.#context.active.keys()) {
        this.#context.record(job, { type: "warning", message });
      }
    }
    this.#told = new Map(excluded.map(({ worker, untilMs }) => [worker, untilMs]));
  }
}
