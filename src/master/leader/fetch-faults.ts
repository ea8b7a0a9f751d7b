/**
 * What reducers report of regions that they could not have, and what is done about it.
 */

import { workerId } from "../../base/ids.ts";
import type { FetchFailed } from "../../rpc/wire/from-worker.ts";
import { FetchFailures } from "../../scheduler/fetch-failures.ts";
import { lifeOf } from "../state/cluster-state.ts";
import type { LeaderContext } from "./active-job.ts";
import type { RegionNews } from "./region-news.ts";
import type { WorkerRoster } from "./worker-roster.ts";
import type { WorkerSession } from "./worker-session.ts";

/** See the head of this file. */
export class FetchFaults {
  readonly #context: LeaderContext;
  readonly #roster: WorkerRoster;
  readonly #regions: RegionNews;
  readonly #failures = new FetchFailures();

  constructor(context: LeaderContext, roster: WorkerRoster, regions: RegionNews) {
    this.#context = context;
    this.#roster = roster;
    this.#regions = regions;
  }

  /** Decides once for everybody what becomes of a region that a reducer could not have. */
  failed({ incarnation }: WorkerSession, { producer, reason, message }: FetchFailed): void {
    const { job, phase, task, attempt } = producer;
    const { scheduler } = this.#context.state;
    const state = scheduler.jobs.get(job);
    if (state === undefined || phase !== "map") return;
    const report = { job, task, attempt, reducer: workerId(incarnation), reason };
    const verdict = this.#failures.decide(scheduler, report, (worker) =>
      this.#roster.sessions.has(lifeOf(worker)),
    );
    if (verdict === "known") return;
    // The same place again: it may have been a moment's trouble.
    if (verdict === "try-again") return this.#regions.tellOne(state, task);
    this.#context.tell("map-output-lost", `A map output is lost: ${message}`);
    this.#context.propose({ type: "lose-map-output", job, task, attempt });
  }
}
