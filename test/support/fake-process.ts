/**
 * A process in memory for tests of the command line: streams that keep what is written, a clock and
 * timers that a test moves, signals that it sends, and a `run` of its own.
 */

import { EventEmitter } from "node:events";
import type { Dependencies, OutputStream, RunFunction } from "../../src/cli/dependencies.ts";
import { type Counters, zeroTaskCounters } from "../../src/job/counters.ts";
import type { JobEvent, JobResult, PhaseProgress } from "../../src/job/report.ts";

/** A stream that is no terminal and keeps its text. */
export class FakeStream implements OutputStream {
  readonly isTTY = false;
  text = "";

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  on(): void {}
  off(): void {}
}

/** See the head of this file. */
export class FakeProcess implements Dependencies {
  readonly stdout: OutputStream & { text: string } = new FakeStream();
  readonly stderr: OutputStream;
  env: Record<string, string | undefined> = { LANG: "C.UTF-8" };
  cwd = "/project";
  readonly signals = new EventEmitter();
  readonly exits: number[] = [];
  suspensions = 0;
  run: RunFunction = () => Promise.reject(new Error("This test expects no run."));
  readonly #timers = new Set<() => void>();
  readonly #atExit = new Set<() => void>();
  #nowMs = 1000;

  constructor(stderr: OutputStream = new FakeStream()) {
    this.stderr = stderr;
  }

  /** What was written to stderr, where it is no terminal. */
  get errorText(): string {
    return (this.stderr as FakeStream).text;
  }

  readonly nowMs = (): number => this.#nowMs;
  readonly loadRun = (): Promise<RunFunction> => Promise.resolve(this.run);

  readonly every = (_intervalMs: number, callback: () => void): (() => void) => {
    this.#timers.add(callback);
    return () => this.#timers.delete(callback);
  };

  readonly atExit = (callback: () => void): (() => void) => {
    this.#atExit.add(callback);
    return () => this.#atExit.delete(callback);
  };

  readonly exit = (code: number): void => {
    this.exits.push(code);
    for (const callback of this.#atExit) callback();
  };

  readonly suspend = (): void => {
    this.suspensions++;
  };

  /** Lets time pass; timers fire once, at its end. */
  pass(ms: number): void {
    this.#nowMs += ms;
    for (const callback of this.#timers) callback();
  }

  /** Whether nothing is left that a finished command should have taken away. */
  get isQuiet(): boolean {
    const listeners = this.signals.eventNames().length;
    return this.#timers.size === 0 && this.#atExit.size === 0 && listeners === 0;
  }
}

const MIB = 1024 * 1024;

/** Events of a run over 12 files with 100 MB, in 4 map and 2 reduce tasks. */
export function jobStarted(steps = 1): JobEvent {
  const counts = { files: 12, inputBytes: 100 * MIB, partitions: 2, slots: 2 };
  return { type: "job-started", job: "word-count.ts", ...counts, steps };
}

export function stepStarted(step = 0, iteration = 1): JobEvent {
  const tasks = { mapTasks: 4, reduceTasks: 2, inputBytes: 100 * MIB };
  return { type: "step-started", step, iteration, ...tasks };
}

/** What went wrong, or took more than one try, in a phase. */
type Incidents = Partial<Pick<PhaseProgress, "spills" | "retries" | "skippedRecords">>;

const NO_INCIDENTS = { spills: 0, retries: 0, skippedRecords: 0 };

export function mapPhase(megabytes: number, incidents: Incidents = {}): PhaseProgress {
  const completed = Math.floor(megabytes / 25);
  const running = Math.min(2, 4 - completed);
  const bytes = megabytes * MIB;
  return {
    tasks: 4,
    running,
    completed,
    records: megabytes * 20_000,
    bytes,
    bytesTotal: 100 * MIB,
    ...NO_INCIDENTS,
    ...incidents,
  };
}

export function reducePhase(
  completed: number,
  running = 0,
  incidents: Incidents = {},
): PhaseProgress {
  const records = completed * 60_000;
  const bytes = completed * 5 * MIB;
  const counts = { tasks: 2, running, completed, records, bytes, bytesTotal: 0 };
  return { ...counts, ...NO_INCIDENTS, ...incidents };
}

export function progress(
  map: PhaseProgress,
  reduce: PhaseProgress,
  label = { step: 0, iteration: 1 },
): JobEvent {
  return { type: "progress", ...label, elapsedMs: 0, map, reduce };
}

export function attemptFailed(attempt: number, message: string): JobEvent {
  const failure = {
    kind: "failed",
    code: "USER_CODE",
    message,
    stack: "",
    codeFrame: undefined,
    record: undefined,
    logTail: "",
  } as const;
  const task = { phase: "map", task: 3, attempt } as const;
  return { type: "attempt-failed", step: 0, iteration: 1, ...task, failure, retry: true };
}

export function counters(user: Record<string, number> = {}): Counters {
  return { task: { ...zeroTaskCounters(), MAP_INPUT_RECORDS: 2_000_000 }, user };
}

/** A result of two parts in /project/out. */
export function jobResult(overrides: Partial<JobResult> = {}): JobResult {
  const part = (name: string) => ({ name, records: 60_000, bytes: 300_000, crc32: "00000000" });
  return {
    output: "/project/out",
    parts: [part("part-00000"), part("part-00001")],
    counters: counters(),
    steps: [{ step: 0, iteration: 1, counters: counters() }],
    skippedRecords: 0,
    elapsedMs: 4200,
    ...overrides,
  };
}
