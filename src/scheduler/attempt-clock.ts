/**
 * The leader's clock of attempts: when each began, how far it is, how long the completed ones took.
 * It lives on the effects of apply() and on what workers report, and is gone with the leader.
 */

import type { JobId } from "../base/ids.ts";
import type { AttemptEnded, Effect } from "./effect.ts";
import type { Pace, PaceReading } from "./pace.ts";
import { type AttemptState, type Phase, phaseOf, type SchedulerState } from "./state.ts";

/** Durations that are kept of a phase. */
const DURATIONS_MAX = 256;

/** See the head of this file. */
export class AttemptClock implements Pace {
  readonly #running = new Map<AttemptState, Watched>();
  readonly #durations = new Map<JobId, Record<Phase, number[]>>();

  /** Watches what runs already, which another leader had begun. */
  constructor(state: SchedulerState) {
    for (const job of state.active.values()) {
      for (const phase of [job.map, job.reduce]) {
        for (const attempt of phase.running) this.#running.set(attempt, new Watched(undefined));
      }
    }
  }

  /** Something has happened. */
  take(effect: Effect, nowMs: number): void {
    switch (effect.type) {
      case "attempt-assigned":
        this.#running.set(effect.attempt, new Watched(nowMs));
        return;
      case "attempt-ended":
        return this.#ended(effect, nowMs);
      case "phase-completed":
        // Reduces have waited for the last map; how fast they are is seen from now on.
        if (effect.phase !== "map") return;
        for (const attempt of phaseOf(effect.job, "reduce").running) {
          this.#running.get(attempt)?.startAnew(nowMs);
        }
        return;
      case "job-ended":
        this.#durations.delete(effect.job.id);
        return;
    }
  }

  /** A worker says how far an attempt is: a share in [0, 1]. */
  progressed(attempt: AttemptState, share: number, nowMs: number): void {
    this.#running.get(attempt)?.progressed(share, nowMs);
  }

  reading(attempt: AttemptState): PaceReading | undefined {
    return this.#running.get(attempt)?.reading();
  }

  durationsMs(job: JobId, phase: Phase): readonly number[] {
    return this.#durations.get(job)?.[phase] ?? [];
  }

  #ended({ attempt }: AttemptEnded, nowMs: number): void {
    const watched = this.#running.get(attempt);
    this.#running.delete(attempt);
    const durationMs = watched?.durationMs(nowMs);
    if (attempt.state !== "succeeded" || durationMs === undefined) return;
    let durations = this.#durations.get(attempt.job);
    if (durations === undefined) {
      durations = { map: [], reduce: [] };
      this.#durations.set(attempt.job, durations);
    }
    const ofPhase = durations[attempt.phase];
    if (ofPhase.length === DURATIONS_MAX) ofPhase.shift();
    ofPhase.push(durationMs);
  }
}

/** One attempt that runs. */
class Watched {
  #share = 0;
  #startShare = 0;
  /** Undefined until the first report, if it was not seen to begin. */
  #startMs: number | undefined;

  constructor(startMs: number | undefined) {
    this.#startMs = startMs;
  }

  progressed(share: number, nowMs: number): void {
    this.#share = Math.min(1, Math.max(0, share));
    if (this.#startMs === undefined) this.startAnew(nowMs);
  }

  startAnew(nowMs: number): void {
    this.#startMs = nowMs;
    this.#startShare = this.#share;
  }

  reading(): PaceReading | undefined {
    const startMs = this.#startMs;
    if (startMs === undefined) return undefined;
    return { share: this.#share, startMs, startShare: this.#startShare };
  }

  /** How long all of it would have taken, if all was done as fast as what was seen. */
  durationMs(nowMs: number): number | undefined {
    if (this.#startMs === undefined || this.#startShare > 0.9) return undefined;
    return (nowMs - this.#startMs) / (1 - this.#startShare);
  }
}
