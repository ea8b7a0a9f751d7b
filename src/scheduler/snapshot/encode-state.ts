/**
 * Writes the state as it is at one moment, piece by piece, while commands go on being applied: a task
 * that is about to change and was not written yet is written first. So a shell may take its time, and
 * nothing that happens in between shows.
 */

import type { TaskIndex, WorkerName } from "../../base/ids.ts";
import {
  type JobState,
  type PastLife,
  type Phase,
  phaseOf,
  type SchedulerState,
  type TaskObserver,
} from "../state.ts";
import { FRAME, FrameWriter, SNAPSHOT_FORMAT } from "./frame.ts";
import { headOf, lifeOf } from "./heads.ts";
import type { ResultCodec } from "./result-codec.ts";
import { TaskWriter } from "./task-bytes.ts";

/** About the size of a piece. */
const PIECE_BYTES = 64 * 1024;
/** Tasks of one frame; a command that changes one of them may have to wait until all are written. */
const BLOCK_TASKS = 64;
/** Workers, or names, of one frame. */
const FRAME_WORKERS = 500;
/** Tasks of one frame of labels. */
const FRAME_LABELLED_TASKS = 10_000;

/**
 * The state as it is now, in pieces of about 64 KiB. Take all of them, or call `return()`: until then
 * commands cost a little more.
 */
export function encodeState(
  state: SchedulerState,
  codec: ResultCodec,
): IterableIterator<Uint8Array, undefined> {
  return new Snapshot(state, codec);
}

class Snapshot implements TaskObserver {
  readonly #state: SchedulerState;
  readonly #frames = new FrameWriter();
  readonly #tasks: TaskWriter;
  readonly #jobs: ReadonlyMap<JobState, JobBlocks>;
  readonly #steps: Iterator<void>;

  constructor(state: SchedulerState, codec: ResultCodec) {
    this.#state = state;
    this.#tasks = new TaskWriter(this.#frames, codec);
    const jobs = [...state.jobs.values()];
    this.#jobs = new Map(jobs.map((job, order) => [job, new JobBlocks(job, order)]));
    // Tasks of a job may be written at any time from now on, and what they belong to comes first.
    this.#writeHead();
    const workers = [...state.workers.live.values()].map(lifeOf);
    for (let i = 0; i < workers.length; i += FRAME_WORKERS) {
      this.#writeJson(FRAME.workers, workers.slice(i, i + FRAME_WORKERS));
    }
    for (const job of jobs) this.#writeJson(FRAME.job, headOf(job));
    const past = [...state.workers.past].map(([name, lives]) => [name, [...lives]] as const);
    this.#steps = this.#write(past);
    state.observers.add(this);
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Uint8Array, undefined> {
    while (this.#frames.sizeBytes < PIECE_BYTES) {
      if (this.#steps.next().done === true) break;
    }
    if (this.#frames.sizeBytes > 0) return { done: false, value: this.#frames.take() };
    return this.return();
  }

  return(): IteratorResult<Uint8Array, undefined> {
    this.#state.observers.delete(this);
    return { done: true, value: undefined };
  }

  willChange(job: JobState, phase: Phase, task: TaskIndex): void {
    const blocks = this.#jobs.get(job);
    // A job that was submitted since is none of this snapshot's.
    if (blocks !== undefined) this.#writeBlock(blocks, phase, Math.floor(task / BLOCK_TASKS));
  }

  *#write(past: readonly (readonly [WorkerName, readonly PastLife[]])[]): Generator<void> {
    for (let i = 0; i < past.length; i += FRAME_WORKERS) {
      yield this.#writeJson(FRAME.past, past.slice(i, i + FRAME_WORKERS));
    }
    for (const blocks of this.#jobs.values()) {
      yield* this.#writeLabels(blocks);
      for (const phase of ["map", "reduce"] as const) {
        const count = blocks.written[phase].length;
        for (let block = 0; block < count; block++) yield this.#writeBlock(blocks, phase, block);
      }
    }
    this.#state.observers.delete(this);
    this.#frames.begin(FRAME.end);
    yield this.#frames.end();
  }

  #writeHead(): void {
    this.#frames.begin(FRAME.state);
    this.#frames.count(SNAPSHOT_FORMAT);
    this.#frames.count(this.#state.assignments);
    this.#frames.end();
  }

  #writeJson(kind: number, value: unknown): void {
    this.#frames.begin(kind);
    this.#frames.json(value);
    this.#frames.end();
  }

  /** The tasks of a label take several frames if there are many; all but the first say so. */
  *#writeLabels({ job, order }: JobBlocks): Generator<void> {
    for (const { label, tasks } of job.mapHosts) {
      for (let start = 0; start === 0 || start < tasks.length; start += FRAME_LABELLED_TASKS) {
        this.#frames.begin(FRAME.labels);
        this.#frames.count(order);
        this.#frames.text(label);
        this.#frames.count(start === 0 ? 0 : 1);
        const part = tasks.subarray(start, start + FRAME_LABELLED_TASKS);
        this.#frames.count(part.length);
        for (const task of part) this.#frames.count(task);
        yield this.#frames.end();
      }
    }
  }

  /** Writes a block of tasks, once; one of which none was attempted is not worth it. */
  #writeBlock({ job, order, written }: JobBlocks, name: Phase, block: number): void {
    if (written[name][block] === 1) return;
    written[name][block] = 1;
    const { tasks } = phaseOf(job, name);
    const start = block * BLOCK_TASKS;
    const end = Math.min(start + BLOCK_TASKS, tasks.length);
    let first = start;
    while (first < end && tasks[first] === undefined) first++;
    if (first === end) return;
    this.#frames.begin(FRAME.tasks);
    this.#frames.count(order);
    this.#frames.count(name === "map" ? 0 : 1);
    this.#frames.count(first);
    this.#frames.count(end - first);
    for (let index = first; index < end; index++) this.#tasks.write(tasks[index], name);
    this.#frames.end();
  }
}

/** Which blocks of a job's tasks are written. */
class JobBlocks {
  readonly job: JobState;
  readonly order: number;
  readonly written: Readonly<Record<Phase, Uint8Array>>;

  constructor(job: JobState, order: number) {
    this.job = job;
    this.order = order;
    const blocks = (count: number) => new Uint8Array(Math.ceil(count / BLOCK_TASKS));
    this.written = { map: blocks(job.map.count), reduce: blocks(job.reduce.count) };
  }
}
