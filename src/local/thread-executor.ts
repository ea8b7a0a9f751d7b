/**
 * Runs a step on the threads of this machine: the shell around the pure scheduler. It turns plans
 * into attempts on free slots, and answers of slots into commands.
 */

import { rmSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { SheafError } from "../base/error.ts";
import { jobId, workerId, workerName } from "../base/ids.ts";
import type { Counters } from "../job/counters.ts";
import { sumCounters } from "../job/counters.ts";
import type { SkippedRecord } from "../job/failure.ts";
import type { JobEvent } from "../job/report.ts";
import { apply } from "../scheduler/apply.ts";
import type { AssignTask } from "../scheduler/command.ts";
import type { Liveness } from "../scheduler/liveness.ts";
import { PlanMemory } from "../scheduler/plan/memory.ts";
import { plan } from "../scheduler/plan.ts";
import { emptyState, hasEnded, type JobState } from "../scheduler/state.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import { makeFolder } from "../task/make-folder.ts";
import type { SampleResult, Written } from "../task/task-spec.ts";
import { cancelled } from "./cancellation.ts";
import type { Executor, StepOutcome, StepPlan } from "./executor.ts";
import { StepProgressMeter } from "./progress-meter.ts";
import type { SlotPool } from "./slot-pool.ts";
import { TaskSpecs } from "./task-specs.ts";
import {
  describeFailure,
  describeStray,
  describeVerdict,
  lateEmits,
  wordsOfLeftRunning,
} from "./verdict.ts";

/** How often progress is told while tasks run. */
const PROGRESS_INTERVAL_MS = 100;
/** Records that a sample leaves out because its thread died of them. */
const SAMPLE_SKIPS_MAX = 10;
const HERE = workerId("local");

/** What the executor works with. */
export interface ThreadExecutorOptions {
  readonly pool: SlotPool;
  readonly memoryBytes: number;
  readonly maxAttempts: number;
  readonly workDirectory: string;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: JobEvent) => void;
}

/** See the head of this file. */
export class ThreadExecutor implements Executor {
  readonly #options: ThreadExecutorOptions;
  readonly #warnings = new Set<string>();
  #stepsRun = 0;

  constructor(options: ThreadExecutorOptions) {
    this.#options = options;
  }

  async runStep(stepPlan: StepPlan): Promise<StepOutcome> {
    const directory = join(this.#options.workDirectory, `step-${this.#stepsRun++}`);
    makeFolder(directory);
    const run = new StepRun(this.#options, stepPlan, directory, (message) => this.#warn(message));
    const outcome = await run.result();
    // The map outputs have served; a long pipeline must not pile them up.
    rmSync(directory, { recursive: true, force: true });
    return outcome;
  }

  async close(): Promise<void> {
    await this.#options.pool.close();
  }

  /** Every task would say the same. */
  #warn(message: string): void {
    if (this.#warnings.has(message)) return;
    this.#warnings.add(message);
    this.#options.onEvent({ type: "warning", message });
  }
}

/** One step under way. */
class StepRun {
  readonly #options: ThreadExecutorOptions;
  readonly #plan: StepPlan;
  readonly #specs: TaskSpecs;
  readonly #warn: (message: string) => void;
  readonly #state = emptyState();
  readonly #memory = new PlanMemory();
  readonly #job: JobState;
  readonly #meter: StepProgressMeter;
  readonly #counters: Counters[] = [];
  readonly #runs: RunRegion[] = [];
  #resolve!: (outcome: StepOutcome) => void;
  #reject!: (reason: unknown) => void;

  constructor(
    options: ThreadExecutorOptions,
    stepPlan: StepPlan,
    directory: string,
    warn: (message: string) => void,
  ) {
    this.#options = options;
    this.#warn = warn;
    this.#plan = stepPlan;
    const id = jobId(`step-${stepPlan.label.step}-${stepPlan.label.iteration}`);
    apply(this.#state, {
      type: "register-worker",
      worker: HERE,
      name: workerName(HERE),
      slots: options.pool.size,
      address: "",
      host: "",
      rack: "",
    });
    apply(this.#state, {
      type: "submit-job",
      job: id,
      mapTasks: stepPlan.splits.length,
      reduceTasks: stepPlan.partitions,
      limits: {
        attemptsMax: options.maxAttempts,
        deathsMax: Number.MAX_SAFE_INTEGER,
        skippedMax: stepPlan.skippedMax,
      },
      skipped: stepPlan.skipped,
      priority: 0,
      slowStart: 1,
      speculation: false,
      mapHosts: [],
    });
    this.#job = this.#state.jobs.get(id)!;
    const { memoryBytes } = options;
    this.#specs = new TaskSpecs({ plan: stepPlan, job: this.#job, memoryBytes, directory });
    this.#meter = new StepProgressMeter(stepPlan, this.#job, options.pool);
  }

  async result(): Promise<StepOutcome> {
    const { signal, onEvent } = this.#options;
    const ended = new Promise<StepOutcome>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const cancel = (): void => {
      apply(this.#state, { type: "cancel-job", job: this.#job.id });
      this.#reject(cancelled());
    };
    const ticker = setInterval(() => onEvent(this.#meter.read()), PROGRESS_INTERVAL_MS);
    try {
      signal?.addEventListener("abort", cancel, { once: true });
      if (signal?.aborted === true) cancel();
      this.#sampleFirst().then(() => this.#dispatch(), this.#reject);
      return await ended;
    } finally {
      clearInterval(ticker);
      signal?.removeEventListener("abort", cancel);
      onEvent(this.#meter.read());
    }
  }

  /** A range partitioner needs its boundaries before the first map. */
  async #sampleFirst(): Promise<void> {
    const { windows, partitions } = this.#plan;
    if (windows.length === 0 || partitions === 1) return;
    const skip: SkippedRecord[] = [];
    for (;;) {
      const spec = this.#specs.sample(skip);
      const answer = await this.#options.pool.run(spec).answer;
      if (answer.type === "succeeded") {
        this.#specs.boundaries = (answer.result as SampleResult).boundaries;
        return;
      }
      const { failure } = answer;
      if (failure.record === undefined || skip.length === SAMPLE_SKIPS_MAX) {
        throw new SheafError(failure.code, `Cannot sample the input: ${describeFailure(failure)}`);
      }
      // The thread died of a record. Its map task will too, and tell; a sample can do without it.
      skip.push({ ordinal: failure.record.ordinal, error: failure.message });
    }
  }

  /** Assigns what can be assigned, and ends the step when it has ended. */
  #dispatch(): void {
    try {
      for (const command of plan(this.#state, this.#liveness(), performance.now())) {
        assert(command.type === "assign-task", "reduces begin when no map can get lost any more");
        apply(this.#state, command);
        this.#launch(command);
      }
      if (hasEnded(this.#job)) this.#end();
    } catch (error) {
      this.#reject(error);
    }
  }

  #liveness(): Liveness {
    return {
      free: new Map([[HERE, this.#options.pool.free]]),
      excluded: new Set(),
      isReady: undefined,
      pace: undefined,
      regionShares: undefined,
      memory: this.#memory,
    };
  }

  #launch(command: AssignTask): void {
    const { answer } = this.#options.pool.run(this.#specs.of(command));
    answer
      .then((said) => {
        // After a cancellation or a failure there is nobody left to tell.
        if (hasEnded(this.#job)) return;
        this.#take(command, said);
        this.#dispatch();
      })
      .catch(this.#reject);
  }

  #take(command: AssignTask, answer: SlotAnswer): void {
    const { job, phase, task, attempt } = command;
    if (answer.type === "failed") {
      const { failure, fatal } = answer;
      apply(this.#state, { type: "fail-attempt", job, phase, task, attempt, failure, fatal });
      const retry = !hasEnded(this.#job);
      const { label } = this.#plan;
      this.#options.onEvent({
        type: "attempt-failed",
        ...label,
        phase,
        task,
        attempt,
        failure,
        retry,
      });
      return;
    }
    const { result, leftRunning } = answer;
    if (leftRunning.length > 0) this.#warn(wordsOfLeftRunning(phase, leftRunning));
    assert(result.kind === phase, "a slot answers the task that it was given");
    if (result.kind === "reduce") this.#keep(task, attempt, result.written);
    this.#plan.files.keep(this.#plan.label, { phase, task, attempt }, result);
    this.#meter.succeeded(result);
    this.#counters.push(result.counters);
    const { skipped, lastSkipped } = result;
    apply(this.#state, {
      type: "succeed-attempt",
      job,
      phase,
      task,
      attempt,
      result,
      skipped,
      lastSkipped,
    });
  }

  /** The one winner of a partition gets the part's name. */
  #keep(task: number, attempt: number, written: Written): void {
    const { output } = this.#plan;
    if (written.kind === "step") this.#runs[task] = written.run;
    else if (output.kind === "part") output.committer.commitTask(task, attempt, written.part);
  }

  #end(): void {
    const job = this.#job;
    const { stray, late } = this.#options.pool;
    if (job.status === "done" && stray !== undefined) this.#reject(describeStray(stray));
    else if (job.status === "done" && late > 0) this.#reject(lateEmits(late));
    else if (job.status === "done") {
      // Writing out what a repetition has left calls none of the job's functions.
      const counters = sumCounters(this.#plan.runs === undefined ? this.#counters : []);
      this.#resolve({ runs: this.#runs, counters, skipped: job.skipped });
    } else if (job.status === "failed") {
      assert(job.verdict !== undefined, "a failed job has a verdict");
      describeVerdict(job.verdict, this.#plan).then(this.#reject, this.#reject);
    }
  }
}
