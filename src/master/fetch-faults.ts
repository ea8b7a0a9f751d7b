/**
 * What reducers report of regions that they could not have, and what becomes of those.
 */

import { attemptKey } from "../rpc/attempt-name.ts";
import type { FetchFailed } from "../rpc/wire/from-worker.ts";
import type { LeaderContext } from "./active-job.ts";
import type { RegionNews } from "./region-news.ts";
import type { WorkerRoster } from "./worker-roster.ts";

/** Times that a fetch is asked for again where its source still lives. */
const TRIES_MAX = 3;
/** Map outputs of which faults are counted; beyond it, the count begins anew. */
const COUNTED_MAX = 10_000;

/** See the head of this file. */
export class FetchFaults {
  readonly #context: LeaderContext;
  readonly #roster: WorkerRoster;
  readonly #regions: RegionNews;
  readonly #onEvent: (what: string, words: string) => void;
  readonly #times = new Map<string, number>();

  constructor(
    context: LeaderContext,
    roster: WorkerRoster,
    regions: RegionNews,
    onEvent: (what: string, words: string) => void,
  ) {
    this.#context = context;
    this.#roster = roster;
    this.#regions = regions;
    this.#onEvent = onEvent;
  }

  /** Decides once for everybody what becomes of a region that a reducer could not have. */
  failed({ producer, workerIncarnation, reason, message }: FetchFailed): void {
    const state = this.#context.state.scheduler.jobs.get(producer.job);
    const task = state?.map.tasks[producer.task];
    const isWinner = task?.attempts[producer.attempt]?.state === "succeeded";
    if (state === undefined || producer.phase !== "map" || !isWinner) return;
    const key = attemptKey(producer);
    const times = (this.#times.get(key) ?? 0) + 1;
    if (this.#times.size >= COUNTED_MAX) this.#times.clear();
    this.#times.set(key, times);
    const isFinal = reason === "gone" || reason === "length" || reason === "corrupt";
    if (!isFinal && this.#roster.sessions.has(workerIncarnation) && times < TRIES_MAX) {
      // The same place again: it may have been a moment's trouble.
      return this.#regions.tellOne(state, producer.task);
    }
    this.#times.delete(key);
    this.#onEvent("map-output-lost", `A map output is lost: ${message}`);
    const { job, task: index, attempt } = producer;
    void this.#context.propose({ type: "lose-map-output", job, task: index, attempt });
  }
}
