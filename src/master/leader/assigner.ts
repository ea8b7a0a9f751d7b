/**
 * Tells a worker of an attempt that the log has assigned to it, and before that whatever it needs to
 * know of the attempt's step.
 */

import { type AttemptRef, type AttemptState, phaseOf, skipListOf } from "../../scheduler/state.ts";
import { lifeOf, ownerOf, specOf } from "../state/cluster-state.ts";
import type { LeaderContext } from "./active-job.ts";
import { assignmentOf, setupOf } from "./assignment.ts";
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

  /** The log has it. */
  assigned({ job, phase, task, attempt, worker }: AttemptState): void {
    const { roster, regions, lose } = this.#options;
    const ref = { job, phase, task, attempt };
    const session = roster.sessions.get(lifeOf(worker));
    const step = this.#context.active.get(ownerOf(job))?.step;
    if (session === undefined || step === undefined) {
      return lose(ref, "Its worker was gone before it could be told.");
    }
    this.#sendSetup(session, step);
    const skip = skipListOf(phaseOf(step.job, phase), task);
    const skipsLeft = Math.max(0, step.plan.skippedMax - step.job.skipped);
    session.take(ref, this.#context.clock.nowMs());
    session.say({
      type: "assign",
      assignment: assignmentOf(ref, skip, skipsLeft, step.plan),
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
