/**
 * What workers with running reduce attempts are told of map outputs: where regions are, as maps
 * complete, and which of them have got lost.
 */

import type { Incarnation, TaskIndex } from "../../base/ids.ts";
import type { AnyAttemptRef } from "../../rpc/wire/attempt.ts";
import type { RegionLocation } from "../../rpc/wire/from-master.ts";
import type { RegionSource } from "../../rpc/wire/region.ts";
import type { AttemptRef } from "../../scheduler/command.ts";
import { type AttemptState, type JobState, winnerOf } from "../../scheduler/state.ts";
import { type ClusterState, lifeOf, workerOf } from "../state/cluster-state.ts";
import { type PackedResult, regionAt } from "../state/task-result.ts";
import type { WorkerSession } from "./worker-session.ts";

/** See the head of this file. */
export class RegionNews {
  readonly #state: ClusterState;
  readonly #sessions: ReadonlyMap<Incarnation, WorkerSession>;

  constructor(state: ClusterState, sessions: ReadonlyMap<Incarnation, WorkerSession>) {
    this.#state = state;
    this.#sessions = sessions;
  }

  /** All regions that a reduce attempt can have by now. */
  tellAll(session: WorkerSession, { job, phase, task }: AnyAttemptRef): void {
    const state = this.#state.scheduler.jobs.get(job);
    if (phase !== "reduce" || state === undefined) return;
    const sources = new Map<string, RegionSource>();
    const locations: RegionLocation[] = [];
    for (const map of state.map.tasks) {
      const location = map && this.#locationOf(state, map.index, task, sources);
      if (location !== undefined) locations.push(location);
    }
    if (locations.length === 0) return;
    session.say({ type: "region-locations", job, partition: task, locations });
  }

  /** A map output was found again, or for the first time: reduces that run want it. */
  tellOne(state: JobState, mapTask: TaskIndex): void {
    for (const { session, ref } of this.#runningReduces(state)) {
      const location = this.#locationOf(state, mapTask, ref.task, new Map());
      if (location === undefined) continue;
      const { job, task: partition } = ref;
      session.say({ type: "region-locations", job, partition, locations: [location] });
    }
  }

  /** Outputs of one job's maps are gone. */
  tellLost(state: JobState, lost: readonly AttemptState[]): void {
    const regions = lost.map(({ task, attempt }) => ({ mapTask: task, mapAttempt: attempt }));
    const sessions = new Set(this.#runningReduces(state).map(({ session }) => session));
    for (const session of sessions) session.say({ type: "lost-regions", job: state.id, regions });
  }

  #runningReduces(state: JobState): { session: WorkerSession; ref: AttemptRef }[] {
    const found: { session: WorkerSession; ref: AttemptRef }[] = [];
    for (const session of this.#sessions.values()) {
      for (const ref of session.attempts) {
        if (ref.job === state.id && ref.phase === "reduce") {
          found.push({ session, ref: ref as AttemptRef });
        }
      }
    }
    return found;
  }

  #locationOf(
    state: JobState,
    mapTask: TaskIndex,
    partition: number,
    sources: Map<string, RegionSource>,
  ): RegionLocation | undefined {
    const task = state.map.tasks[mapTask];
    const winner = winnerOf(task);
    if (task === undefined || winner === undefined) return undefined;
    const incarnation = lifeOf(winner.worker);
    let source = sources.get(incarnation);
    if (source === undefined) {
      const worker = workerOf(this.#state, incarnation);
      if (worker === undefined) return undefined;
      source = { worker: worker.name, incarnation, address: worker.address };
      sources.set(incarnation, source);
    }
    return {
      mapTask,
      mapAttempt: winner.attempt,
      source,
      region: regionAt(task.result as PackedResult, partition),
    };
  }
}
