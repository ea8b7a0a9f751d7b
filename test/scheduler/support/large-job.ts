/**
 * A job of any size on any number of workers that never fail: it is planned anew whenever so many
 * attempts have ended, which is what a leader does, and it tells how long that took.
 */

import { type WorkerId, workerId } from "../../../src/base/ids.ts";
import { apply } from "../../../src/scheduler/apply.ts";
import type { AssignTask, SubmitJob } from "../../../src/scheduler/command.ts";
import { PlanMemory } from "../../../src/scheduler/plan/memory.ts";
import { plan } from "../../../src/scheduler/plan.ts";
import type { ResultCodec } from "../../../src/scheduler/snapshot/result-codec.ts";
import {
  emptyState,
  type JobState,
  type Phase,
  type SchedulerState,
} from "../../../src/scheduler/state.ts";
import { JOB, register, submit } from "./commands.ts";

const RESULT_BYTES = 150;

/** Results as a shell should keep them: packed, a character for each byte. */
export const packedResults: ResultCodec = {
  encode: (result) => Buffer.from(result as string, "latin1"),
  decode: (bytes) => Buffer.from(bytes).toString("latin1"),
};

export interface LargeJobOptions {
  readonly workers: number;
  readonly slots: number;
  readonly maps: number;
  readonly reduces: number;
  /** Attempts that end between two plans. */
  readonly batch: number;
  /** Whether the input of each map is on three hosts. */
  readonly isNear: boolean;
}

/** See the head of this file. */
export class LargeJob {
  readonly state: SchedulerState = emptyState();
  readonly #options: LargeJobOptions;
  readonly #free = new Map<WorkerId, number>();
  readonly #memory = new PlanMemory();
  /** Attempts that were assigned, in the order in which they end, and how many have. */
  readonly #assigned: AssignTask[] = [];
  #ended = 0;
  #nowMs = 0;
  decisions = 0;
  /** The longest that a call of plan(), or of apply(), has taken. */
  longestMs = 0;

  constructor(options: LargeJobOptions) {
    this.#options = options;
    for (let worker = 0; worker < options.workers; worker++) {
      const host = `host-${worker}.cluster.example`;
      apply(this.state, register(`worker-${worker}#0f1e2d3c4b5a`, options.slots, { host }));
      this.#free.set(workerId(`worker-${worker}#0f1e2d3c4b5a`), options.slots);
    }
    const mapHosts = options.isNear ? hostsOf(options) : [];
    this.#timed(() => apply(this.state, submit(options.maps, options.reduces, { mapHosts })));
  }

  get job(): JobState {
    return this.state.jobs.get(JOB)!;
  }

  /** Runs until so many tasks of a phase are completed; answers with the milliseconds it took. */
  runUntil(phase: Phase, completed: number): number {
    const startMs = performance.now();
    const ofPhase = this.job[phase];
    while (ofPhase.completed < completed) this.#step(completed - ofPhase.completed);
    return performance.now() - startMs;
  }

  #step(endMax: number): void {
    this.#plan();
    const end = this.#ended + Math.min(this.#options.batch, endMax);
    for (; this.#ended < end; this.#ended++) {
      const { type: _, worker, backup: __, ...ref } = this.#assigned[this.#ended]!;
      const result = Buffer.alloc(RESULT_BYTES, ref.task).toString("latin1");
      apply(this.state, {
        type: "succeed-attempt",
        ...ref,
        result,
        skipped: 0,
        lastSkipped: undefined,
      });
      this.#free.set(worker, (this.#free.get(worker) ?? 0) + 1);
    }
  }

  /** Fills all free slots, call by call. */
  #plan(): void {
    for (;;) {
      this.#nowMs += 10;
      const commands = this.#timed(() => this.#commands());
      for (const command of commands) {
        apply(this.state, command);
        const room = this.#free.get(command.worker)! - 1;
        if (room === 0) this.#free.delete(command.worker);
        else this.#free.set(command.worker, room);
        this.#assigned.push(command);
      }
      this.decisions += commands.length;
      if (commands.length === 0 || this.#free.size === 0) return;
    }
  }

  #commands(): AssignTask[] {
    const liveness = {
      free: this.#free,
      excluded: new Set<never>(),
      isReady: undefined,
      pace: undefined,
      regionShares: undefined,
      memory: this.#memory,
    };
    return plan(this.state, liveness, this.#nowMs) as AssignTask[];
  }

  /** Takes the job out of the middle of its work, as whoever cancels it does. */
  cancel(): void {
    this.#timed(() => apply(this.state, { type: "cancel-job", job: JOB }));
  }

  /** A worker dies with all that it holds. */
  loseWorker(): void {
    const [worker] = this.state.workers.live.keys();
    this.#timed(() => apply(this.state, { type: "lose-worker", worker: worker! }));
    this.#free.delete(worker!);
  }

  #timed<T>(act: () => T): T {
    const startMs = performance.now();
    const value = act();
    this.longestMs = Math.max(this.longestMs, performance.now() - startMs);
    return value;
  }
}

/** Three hosts for each map, spread evenly. */
function hostsOf({ maps, workers }: LargeJobOptions): SubmitJob["mapHosts"] {
  const tasks = Array.from({ length: workers }, (): number[] => []);
  for (let map = 0; map < maps; map++) {
    const hosts = new Set([map * 7, map * 13 + 1, map * 29 + 2].map((host) => host % workers));
    for (const host of hosts) tasks[host]!.push(map);
  }
  return tasks.map((ofHost, host) => ({ label: `host-${host}.cluster.example`, tasks: ofHost }));
}
