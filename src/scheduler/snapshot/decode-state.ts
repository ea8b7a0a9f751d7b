/**
 * Makes a state of the pieces of a snapshot. Counts, idle sets and attempts by worker are not in the
 * pieces: they follow from the tasks.
 */

import { assert } from "../../base/assert.ts";
import { SheafError } from "../../base/error.ts";
import { taskIndex, type WorkerName } from "../../base/ids.ts";
import {
  type AttemptState,
  emptyState,
  type JobState,
  type PastLife,
  phaseOf,
  type SchedulerState,
  type TaskState,
} from "../state.ts";
import { FRAME, FrameCutter, type FrameReader, SNAPSHOT_FORMAT } from "./frame.ts";
import { type JobHead, jobFrom, type WorkerLife, workerFrom } from "./heads.ts";
import type { ResultCodec } from "./result-codec.ts";
import { TaskReader } from "./task-bytes.ts";

/** Takes pieces one by one, cut as they come, so that a shell may do other things in between. */
export class StateDecoder {
  readonly #state = emptyState();
  readonly #frames = new FrameCutter();
  readonly #tasks: TaskReader;
  readonly #jobs: ReturnType<typeof jobFrom>[] = [];
  readonly #running: AttemptState[] = [];
  #isComplete = false;

  constructor(codec: ResultCodec) {
    this.#tasks = new TaskReader(codec);
  }

  push(piece: Uint8Array): void {
    for (const frame of this.#frames.push(piece)) this.#take(frame);
  }

  /** The state, when all pieces are there. */
  finish(): SchedulerState {
    assert(this.#isComplete, "a snapshot is read to its end");
    // Those that were assigned first come first, as if the commands themselves had been applied.
    this.#running.sort((a, b) => a.serial - b.serial);
    for (const attempt of this.#running) {
      const job = this.#state.jobs.get(attempt.job)!;
      phaseOf(job, attempt.phase).running.add(attempt);
      this.#worker(attempt).running.add(attempt);
    }
    return this.#state;
  }

  #take(frame: FrameReader): void {
    switch (frame.kind) {
      case FRAME.state:
        return this.#takeHead(frame);
      case FRAME.workers:
        return this.#takeWorkers(frame.json() as WorkerLife[]);
      case FRAME.past:
        for (const [name, lives] of frame.json() as [WorkerName, PastLife[]][]) {
          this.#state.workers.past.set(name, lives);
        }
        return;
      case FRAME.job:
        return this.#takeJob(frame.json() as JobHead);
      case FRAME.labels:
        return this.#takeLabels(frame);
      case FRAME.tasks:
        return this.#takeTasks(frame);
      case FRAME.end:
        this.#isComplete = true;
        return;
      default:
        assert(false, "a snapshot holds frames that are known");
    }
  }

  #takeHead(frame: FrameReader): void {
    const format = frame.count();
    if (format !== SNAPSHOT_FORMAT) {
      throw new SheafError(
        "MESSAGE_INVALID",
        `Cannot read the snapshot: it has format ${format}, and this version of Sheaf reads ` +
          `${SNAPSHOT_FORMAT}. Use the version that wrote it.`,
      );
    }
    this.#state.assignments = frame.count();
  }

  #takeWorkers(lives: readonly WorkerLife[]): void {
    const { workers } = this.#state;
    for (const life of lives) {
      const worker = workerFrom(life);
      workers.live.set(worker.id, worker);
      workers.byName.set(worker.name, worker);
      workers.slots += worker.slots;
    }
  }

  #takeJob(head: JobHead): void {
    const job = jobFrom(head);
    this.#jobs.push(job);
    this.#state.jobs.set(job.id, job);
    if (job.status === "running") this.#state.active.set(job.id, job);
  }

  #takeLabels(frame: FrameReader): void {
    const { mapHosts } = this.#job(frame);
    const label = frame.text();
    const isContinued = frame.count() === 1;
    const tasks = new Uint32Array(frame.count());
    for (let i = 0; i < tasks.length; i++) tasks[i] = frame.count();
    const before = isContinued ? mapHosts.pop() : undefined;
    mapHosts.push({ label, tasks: before === undefined ? tasks : joined(before.tasks, tasks) });
  }

  #takeTasks(frame: FrameReader): void {
    const job = this.#job(frame);
    const phase = frame.count() === 0 ? "map" : "reduce";
    const first = frame.count();
    const end = first + frame.count();
    for (let index = first; index < end; index++) {
      const task = this.#tasks.read(frame, job.id, phase, taskIndex(index));
      if (task !== undefined) this.#takeTask(job, phase, task);
    }
  }

  #takeTask(job: JobState, name: AttemptState["phase"], task: TaskState): void {
    const phase = phaseOf(job, name);
    phase.tasks[task.index] = task;
    phase.fresh.delete(task.index);
    phase.attempted++;
    phase.attempts += task.nextAttempt;
    phase.badRecords += task.trouble?.skip.length ?? 0;
    if (task.wasCompleted) phase.everCompleted++;
    if (task.state === "in-progress") phase.inProgress++;
    if (task.state === "completed") phase.completed++;
    if (job.status !== "running") return;
    if (task.state === "idle") phase.retry.add(task.index);
    for (const attempt of task.attempts) {
      if (attempt.state === "running") this.#running.push(attempt);
      else if (attempt.state === "succeeded" && name === "map") this.#takeOutput(attempt);
    }
  }

  #takeOutput(winner: AttemptState): void {
    const { outputs } = this.#worker(winner);
    const ofJob = outputs.get(winner.job);
    if (ofJob === undefined) outputs.set(winner.job, new Set([winner]));
    else ofJob.add(winner);
  }

  #job(frame: FrameReader): ReturnType<typeof jobFrom> {
    const job = this.#jobs[frame.count()];
    assert(job !== undefined, "a snapshot tells of a job before its tasks");
    return job;
  }

  #worker({ worker: id }: AttemptState) {
    const worker = this.#state.workers.live.get(id);
    assert(worker !== undefined, "an attempt runs on a live worker, and so stands its output");
    return worker;
  }
}

function joined(first: Uint32Array, second: Uint32Array): Uint32Array {
  const both = new Uint32Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
