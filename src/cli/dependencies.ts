/**
 * What the command line needs from outside: streams, environment, signals, time, and the engine.
 * Tests hand in their own; `processDependencies` hands in the process.
 */

import type { JobResult } from "../job/report.ts";
import type { RunOptions } from "../local/options.ts";

/** The part of a `WriteStream` that the command line uses. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
  on(event: OutputEvent, listener: () => void): unknown;
  off(event: OutputEvent, listener: () => void): unknown;
  /** Why nothing can be written any more: whoever read it has left, most likely. */
  readonly errored?: Error | null;
  /** Whether it has more to pass on than it should hold. */
  readonly writableNeedDrain?: boolean;
}

/** The terminal has another size; there is room again; nothing can be written any more. */
export type OutputEvent = "resize" | "drain" | "error";

/** Where signals come from: `process`. */
export interface Signals {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** Calls back every so often, without keeping the process alive; returns what stops it. */
export type Every = (intervalMs: number, callback: () => void) => () => void;

/** The engine's `run`, as the command line calls it. */
export type RunFunction = (job: string, options: RunOptions) => Promise<JobResult>;

/** See the head of this file. */
export interface Dependencies {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Written to for `--env` alone. */
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  readonly signals: Signals;
  readonly nowMs: () => number;
  readonly every: Every;
  /** Calls back when the process exits, however it does; returns what calls that off. */
  readonly atExit: (callback: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
  /** Stops the process until it is continued. */
  readonly suspend: () => void;
  /** Brings in the engine; only `sheaf run` pays for it. */
  readonly loadRun: () => Promise<RunFunction>;
}

/** The process itself. */
export function processDependencies(): Dependencies {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signals: process,
    nowMs: () => performance.now(),
    every(intervalMs, callback) {
      const timer = setInterval(callback, intervalMs);
      timer.unref();
      return () => clearInterval(timer);
    },
    atExit(callback) {
      process.on("exit", callback);
      return () => process.off("exit", callback);
    },
    exit: (code) => process.exit(code),
    suspend: () => process.kill(process.pid, "SIGSTOP"),
    loadRun: async () => (await import("../local/run.ts")).run,
  };
}
