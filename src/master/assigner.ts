/**
 * Tells a worker of an attempt that the log has assigned to it, and before that whatever it needs to
 * know of the attempt's step.
 */

import type { AssignTask, AttemptRef } from "../scheduler/command.ts";
import { phaseOf } from "../scheduler/state.ts";
import type { LeaderContext } from "./active-job.ts";
import { assignmentOf, setupOf } from "./assignment.ts";
import { lifeOf, ownerOf, specOf, workerRunning } from "./cluster-state.ts";
import type { RegionNews } from "./region-news.ts";
import type { StepUnderWay } from "./step-under-way.ts";
import type { WorkerRoster } from "./worker-roster.ts";
import type { WorkerSession } from "./worker-session.ts";

/** What tells workers of their attempts. */
export interface AssignerOptions {
  readonly roster: WorkerRoster;
  readonly regions: RegionNews;
  /** The attempt cannot be had: its worker is gone. */
  readonly lose: (attempt: AttemptRef, why: string) => void;
}

/** See the head of this file. */
export class Assigner {
  readonly #context: LeaderContext;
  readonly #options: AssignerOptions;

  constructor(context: LeaderContext, options: AssignerOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** The log has it; if it still is to run, its worker is told. */
  assigned(command: AssignTask): void {
    const { roster, regions, lose } = this.#options;
    const session = roster.sessions.get(lifeOf(command.worker));
    const step = this.#context.active.get(ownerOf(command.job))?.step;
    // An assignment that came too late has changed nothing.
    if (workerRunning(this.#context.state, command) !== command.worker) return;
    if (session === undefined || step === undefined) {
      return lose(command, "Its worker was gone before it could be told.");
    }
    const { job, phase, task, attempt } = command;
    const ref = { job, phase, task, attempt };
    this.#sendSetup(session, step);
    const state = phaseOf(step.job, phase).tasks[task]!;
    const skipsLeft = Math.max(0, step.plan.skippedMax - step.job.skipped);
    session.take(ref, this.#context.nowMs());
    session.say({
      type: "assign",
      assignment: assignmentOf(ref, state.skip, skipsLeft, step.plan),
    });
    if (phase === "reduce") regions.tellAll(session, ref);
  }

  #sendSetup(session: WorkerSession, { plan: step, job }: StepUnderWay): void {
    session.setUp(setupOf(job.id, specOf(this.#context.state, job.id), step));
    const keys = this.#context.state.jobs.get(ownerOf(job.id))?.current?.boundaries;
    // A worker that has read the sample has the setup, and not yet what came of it.
    if (keys === undefined || session.boundaries.has(job.id)) return;
    session.boundaries.add(job.id);
    session.say({ type: "boundaries", job: job.id, keys });
  }
}
