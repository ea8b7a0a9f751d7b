/**
 * A task as bytes of a snapshot, and back. One that went well at once takes some ten bytes and its
 * result.
 */

import { assert } from "../../base/assert.ts";
import {
  attemptNumber,
  type JobId,
  type TaskIndex,
  type WorkerId,
  workerId,
} from "../../base/ids.ts";
import type { AttemptState, Phase, TaskState, TaskTrouble } from "../state.ts";
import type { FrameReader, FrameWriter } from "./frame.ts";
import type { ResultCodec } from "./result-codec.ts";

const TASK_STATES = ["idle", "in-progress", "completed"] as const;
const ATTEMPT_STATES = ["running", "succeeded", "failed", "killed", "lost"] as const;

/** What a task's first number says: 0 for one that was never attempted, else the sum of these. */
const ATTEMPTED = 1;
const WAS_COMPLETED = 2;
const HAS_RESULT = 4;
const HAS_TROUBLE = 8;
const STATE_UNIT = 16;

/** Writes tasks; workers are spelt once and then numbered. */
export class TaskWriter {
  readonly #frames: FrameWriter;
  readonly #codec: ResultCodec;
  readonly #workers = new Map<WorkerId, number>();

  constructor(frames: FrameWriter, codec: ResultCodec) {
    this.#frames = frames;
    this.#codec = codec;
  }

  write(task: TaskState | undefined, phase: Phase): void {
    const frames = this.#frames;
    if (task === undefined) return frames.count(0);
    const { state, wasCompleted, result, trouble } = task;
    frames.count(
      ATTEMPTED +
        (wasCompleted ? WAS_COMPLETED : 0) +
        (result === undefined ? 0 : HAS_RESULT) +
        (trouble === undefined ? 0 : HAS_TROUBLE) +
        TASK_STATES.indexOf(state) * STATE_UNIT,
    );
    frames.count(task.nextAttempt);
    frames.count(task.skipped);
    frames.count(task.attempts.length);
    for (const attempt of task.attempts) this.#writeAttempt(attempt);
    if (result !== undefined) frames.bytes(this.#codec.encode(result, phase));
    if (trouble !== undefined) frames.json(troubleToJson(trouble));
  }

  #writeAttempt({ attempt, worker, backup, serial, state }: AttemptState): void {
    this.#frames.count(attempt);
    this.#writeWorker(worker);
    this.#frames.count(ATTEMPT_STATES.indexOf(state) * 2 + (backup ? 1 : 0));
    this.#frames.count(serial);
  }

  #writeWorker(worker: WorkerId): void {
    const number = this.#workers.get(worker) ?? this.#workers.size;
    this.#frames.count(number);
    if (number < this.#workers.size) return;
    this.#workers.set(worker, number);
    this.#frames.text(worker);
  }
}

/** Reads what a `TaskWriter` wrote, in the same order. */
export class TaskReader {
  readonly #codec: ResultCodec;
  readonly #workers: WorkerId[] = [];

  constructor(codec: ResultCodec) {
    this.#codec = codec;
  }

  read(frame: FrameReader, job: JobId, phase: Phase, index: TaskIndex): TaskState | undefined {
    const facts = frame.count();
    if (facts === 0) return undefined;
    const state = TASK_STATES[Math.floor(facts / STATE_UNIT)];
    assert(state !== undefined, "a snapshot knows the states of a task");
    const nextAttempt = attemptNumber(frame.count());
    const skipped = frame.count();
    let attempts: AttemptState[] = [];
    for (let left = frame.count(); left > 0; left--) {
      attempts = attempts.concat(this.#readAttempt(frame, job, phase, index));
    }
    const result =
      (facts & HAS_RESULT) === 0 ? undefined : this.#codec.decode(frame.bytes(), phase);
    const trouble = (facts & HAS_TROUBLE) === 0 ? undefined : troubleFromJson(frame.json());
    const wasCompleted = (facts & WAS_COMPLETED) !== 0;
    return { index, state, wasCompleted, nextAttempt, attempts, result, skipped, trouble };
  }

  #readAttempt(frame: FrameReader, job: JobId, phase: Phase, task: TaskIndex): AttemptState {
    const attempt = attemptNumber(frame.count());
    const worker = this.#readWorker(frame);
    const facts = frame.count();
    const state = ATTEMPT_STATES[facts >> 1];
    assert(state !== undefined, "a snapshot knows the states of an attempt");
    const backup = (facts & 1) === 1;
    return { job, phase, task, attempt, worker, backup, serial: frame.count(), state };
  }

  #readWorker(frame: FrameReader): WorkerId {
    const number = frame.count();
    if (number === this.#workers.length) this.#workers.push(workerId(frame.text()));
    const worker = this.#workers[number];
    assert(worker !== undefined, "a snapshot spells a worker before it numbers it");
    return worker;
  }
}

interface TroubleJson extends Omit<TaskTrouble, "messages" | "suspects"> {
  readonly messages: readonly (readonly [string, number])[];
  readonly suspects: readonly (readonly [number, number])[];
}

function troubleToJson({ messages, suspects, ...rest }: TaskTrouble): TroubleJson {
  return { ...rest, messages: [...messages], suspects: [...suspects] };
}

function troubleFromJson(json: unknown): TaskTrouble {
  const { messages, suspects, ...rest } = json as TroubleJson;
  return { ...rest, messages: new Map(messages), suspects: new Map(suspects) };
}
