/**
 * Runs one command as a whole process and measures it from outside: wall time from start to exit,
 * CPU time and peak memory of the process and all its descendants. Every contender, ours included,
 * is measured by this one function.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { groupRuns, TreeWatch, waitedChildrenCpuS } from "./process-tree.ts";

/** What to run. */
export interface Command {
  /** The program and its arguments; no shell is involved. */
  readonly argv: readonly [string, ...string[]];
  /** Environment variables on top of the harness's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where its standard output goes; thrown away unless given. */
  readonly stdoutFile?: string;
}

/** Where its messages go and how long it may take. */
export interface RunOptions {
  /** Takes the standard error, for the message when it fails. */
  readonly stderrFile: string;
  readonly timeoutMs: number;
}

/** What one run has cost. */
export interface Measurement {
  readonly wallS: number;
  /** User and system time of the whole tree; undefined where the system does not tell. */
  readonly cpuS: number | undefined;
  /** Undefined where the system does not tell, or the process was too short to be seen. */
  readonly peakBytes: number | undefined;
}

/** A command that ended badly: which one, how, and the end of what it said. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly command: Command;
  /** How it ended, in a few words: `ended with code 1`. */
  readonly ending: string;

  constructor(command: Command, ending: string, words: string) {
    super(`${command.argv.join(" ")}\n${ending}\n${words}`);
    this.command = command;
    this.ending = ending;
  }
}

/**
 * Looks come after 20 ms, then less and less often: they take processor time, which a contender with
 * a thread for each core misses and one with a single thread does not.
 */
const LOOK_MS_MIN = 20;
const LOOK_MS_MAX = 150;
const LOOKS_PER_RUN_TIME = 10;
/** What a process leaves behind in its group gets this long to end by itself. */
const REMAINS_MS_MAX = 5000;
const STDERR_CHARS_MAX = 2000;

const running = new Set<number>();

/** Runs the command to its end. @throws CommandError when it fails. */
export async function runProcess(command: Command, options: RunOptions): Promise<Measurement> {
  const [program, ...args] = command.argv;
  const stdout = openSync(command.stdoutFile ?? "/dev/null", "w");
  const stderr = openSync(options.stderrFile, "w");
  const waitedBeforeS = waitedChildrenCpuS();
  const startMs = performance.now();
  const child = spawn(program, args, {
    env: { ...harnessEnvironment(), ...command.env },
    stdio: ["ignore", stdout, stderr],
    // A group of its own, so that a pipeline can be ended as one.
    detached: true,
  });
  closeSync(stdout);
  closeSync(stderr);
  const { pid } = child;
  if (pid === undefined) {
    throw new CommandError(command, "did not start", await startErrorOf(child));
  }

  running.add(pid);
  const watch = new TreeWatch(pid);
  const stopLooking = lookRepeatedly(watch, startMs);
  let isLate = false;
  const deadline = setTimeout(() => {
    isLate = true;
    killGroup(pid);
  }, options.timeoutMs);
  const { code, signal } = await exitOf(child);
  const wallS = (performance.now() - startMs) / 1000;
  stopLooking();
  clearTimeout(deadline);
  await endRemains(pid);
  running.delete(pid);

  if (code !== 0) {
    const ending = isLate
      ? `took longer than ${options.timeoutMs / 1000} s`
      : `ended with ${signal ?? `code ${code}`}`;
    const words = readFileSync(options.stderrFile, "utf8").slice(-STDERR_CHARS_MAX);
    throw new CommandError(command, ending, words);
  }
  return { wallS, cpuS: cpuOf(watch, waitedBeforeS), peakBytes: watch.peakBytes };
}

/**
 * The harness's own, but for what makes Node slower to start and no contender needs: Node 20 reads
 * extra authorities at each start whether or not it speaks TLS, which took it 28 ms of 48.
 */
function harnessEnvironment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _unused, ...rest } = process.env;
  return rest;
}

/** Whether there is a process of this id. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ends whatever is still running: for an interrupt. */
export function killRunning(): void {
  for (const pid of running) killGroup(pid);
}

/**
 * What was waited for is exact, but lacks processes whose parent did not wait for them, as Spark's
 * virtual machine; what was watched has them all, but lacks their last milliseconds.
 */
function cpuOf(watch: TreeWatch, waitedBeforeS: number | undefined): number | undefined {
  const waitedS = waitedChildrenCpuS();
  if (waitedS === undefined || waitedBeforeS === undefined) return undefined;
  return Math.max(waitedS - waitedBeforeS, watch.cpuS);
}

function lookRepeatedly(watch: TreeWatch, startMs: number): () => void {
  let timer: NodeJS.Timeout;
  const schedule = () => {
    const wanted = (performance.now() - startMs) / LOOKS_PER_RUN_TIME;
    timer = setTimeout(look, Math.min(LOOK_MS_MAX, Math.max(LOOK_MS_MIN, wanted)));
  };
  const look = () => {
    watch.look();
    schedule();
  };
  schedule();
  return () => clearTimeout(timer);
}

function exitOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

function startErrorOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
  });
}

/** Waits until nothing of the group runs, so that no one's rest disturbs the next one's run. */
async function endRemains(pid: number): Promise<void> {
  const deadlineMs = performance.now() + REMAINS_MS_MAX;
  while (groupRuns(pid)) {
    if (performance.now() > deadlineMs) {
      killGroup(pid);
      return;
    }
    await sleep(20);
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
