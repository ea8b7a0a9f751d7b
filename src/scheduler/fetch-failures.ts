/**
 * What becomes of a map output that a reducer could not fetch: decided once, for everybody. The
 * leader's memory; the shell turns "lost" into `lose-map-output`.
 */

import type { AttemptNumber, JobId, TaskIndex, WorkerId } from "../base/ids.ts";
import { type SchedulerState, winnerOf } from "./state.ts";

/** Times that reducers are told to try again, for one map output. */
const TRIES_MAX = 3;
/** Map outputs that are remembered; the oldest go. */
const OUTPUTS_MAX = 10_000;

/** What went wrong with a fetch. */
export type FetchFailureReason =
  | "unreachable"
  | "timeout"
  | "refused"
  | "gone"
  | "length"
  | "corrupt";

/** A reducer's words. */
export interface FetchReport {
  readonly job: JobId;
  /** The map task and the attempt whose output was wanted. */
  readonly task: TaskIndex;
  readonly attempt: AttemptNumber;
  /** The worker that could not fetch it. Reduces on one worker share their way to the source. */
  readonly reducer: WorkerId;
  readonly reason: FetchFailureReason;
}

/**
 * - `lost`: the map has to run again;
 * - `try-again`: it may have been a moment's trouble;
 * - `known`: it was decided before, or another attempt has won since; nothing is to be done.
 */
export type FetchVerdict = "lost" | "try-again" | "known";

/** See the head of this file. */
export class FetchFailures {
  readonly #outputs = new Map<string, Trouble>();

  /** Decides about a report; `isLive` says whether a worker answers pings. */
  decide(
    state: SchedulerState,
    report: FetchReport,
    isLive: (worker: WorkerId) => boolean,
  ): FetchVerdict {
    const { job, task, attempt, reducer, reason } = report;
    const winner = winnerOf(state.active.get(job)?.map.tasks[task]);
    if (winner?.attempt !== attempt) return "known";
    const trouble = this.#troubleOf(`${job} ${task} ${attempt}`);
    if (trouble.isLost) return "known";
    trouble.reports++;
    trouble.reducers.add(reducer);
    trouble.isLost =
      isFinal(reason) ||
      trouble.reducers.size > 1 ||
      trouble.reports > TRIES_MAX ||
      !isLive(winner.worker);
    return trouble.isLost ? "lost" : "try-again";
  }

  #troubleOf(output: string): Trouble {
    let trouble = this.#outputs.get(output);
    if (trouble === undefined) {
      trouble = { reports: 0, reducers: new Set(), isLost: false };
      this.#outputs.set(output, trouble);
      const [oldest] = this.#outputs.keys();
      if (this.#outputs.size > OUTPUTS_MAX && oldest !== undefined) this.#outputs.delete(oldest);
    }
    return trouble;
  }
}

/** What reducers say of one map output. */
interface Trouble {
  reports: number;
  readonly reducers: Set<WorkerId>;
  isLost: boolean;
}

/** Whether the source itself has said that it cannot be had, or what came of it. */
function isFinal(reason: FetchFailureReason): boolean {
  switch (reason) {
    case "gone":
    case "length":
    case "corrupt":
      return true;
    case "unreachable":
    case "timeout":
    case "refused":
      return false;
  }
}
