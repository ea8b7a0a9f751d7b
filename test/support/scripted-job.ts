/**
 * A job that a test runs on workers step by step, in the part of the master: its bundle, its setup, its
 * splits, and short words for what is said about its attempts.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AttemptNumber,
  attemptNumber,
  type JobId,
  jobId,
  taskIndex,
} from "../../src/base/ids.ts";
import { bundleJob } from "../../src/bundle/bundle-job.ts";
import { packBundle } from "../../src/bundle/packed-bundle.ts";
import { findInputFiles } from "../../src/job/input/find-input-files.ts";
import type { Split } from "../../src/job/input/input.ts";
import { planSplits } from "../../src/job/input/plan-splits.ts";
import { packParams } from "../../src/job/packed-params.ts";
import type { RawParams } from "../../src/job/params.ts";
import type { AnyAttemptRef, AnyPhase } from "../../src/rpc/wire/attempt.ts";
import type { RegionLocation } from "../../src/rpc/wire/from-master.ts";
import type { WorkerMessage } from "../../src/rpc/wire/from-worker.ts";
import { type RegionSource, regionOf } from "../../src/rpc/wire/region.ts";
import type { AssignedTask, Assignment, JobSetup } from "../../src/rpc/wire/task.ts";
import { attemptPartName } from "../../src/task/part-name.ts";
import type { ScriptedMaster, ScriptedSession } from "./scripted-master.ts";

type Succeeded = Extract<WorkerMessage, { readonly type: "attempt-succeeded" }>;

/** What a job is made of; `setup` has what differs from the usual. */
export interface ScriptedJobOptions {
  /** The job file. */
  readonly file: string;
  readonly cwd: string;
  /** Where reduces write. */
  readonly output: string;
  readonly inputs: readonly string[];
  readonly splitBytes?: number;
  readonly partitions?: number;
  readonly params?: RawParams;
  readonly setup?: Partial<JobSetup>;
}

let jobs = 0;

/** See the head of this file. */
export class ScriptedJob {
  readonly id: JobId;
  readonly splits: readonly Split[];
  readonly setup: JobSetup;

  private constructor(setup: JobSetup, splits: readonly Split[]) {
    this.id = setup.job;
    this.setup = setup;
    this.splits = splits;
  }

  static async plan(master: ScriptedMaster, options: ScriptedJobOptions): Promise<ScriptedJob> {
    const { file, cwd, output, inputs, splitBytes, partitions = 2, params = {} } = options;
    const files = await findInputFiles(inputs, cwd);
    const splits = planSplits(files, {
      splittable: true,
      splitBytes,
      usualBytes: 2 ** 20,
      slots: 1,
    });
    const { bytes } = packBundle(await bundleJob(file, cwd));
    const setup: JobSetup = {
      job: jobId(`j-${++jobs}`),
      bundle: master.addBundle(bytes),
      step: 0,
      params: packParams(params),
      environment: {},
      partitions,
      mapTasks: splits.length,
      previous: {},
      output: "part",
      outputPath: output,
      taskTimeoutMs: 60_000,
      memoryBytesMax: undefined,
      ...options.setup,
    };
    return new ScriptedJob(setup, splits);
  }

  ref(phase: AnyPhase, task: number, attempt = 0): AnyAttemptRef {
    return { job: this.id, phase, task: taskIndex(task), attempt: attemptNumber(attempt) };
  }

  /** Tells a worker of the job. */
  tell(worker: ScriptedSession): void {
    worker.say({ type: "job-setup", setup: this.setup });
  }

  assign(
    worker: ScriptedSession,
    attempt: AnyAttemptRef,
    task: AssignedTask,
    more: Partial<Assignment> = {},
  ): void {
    const assignment = { attempt, skip: [], skipsLeft: 0, task, ...more };
    worker.say({ type: "assign", assignment });
  }

  assignMap(worker: ScriptedSession, task: number, attempt = 0): AnyAttemptRef {
    const ref = this.ref("map", task, attempt);
    this.assign(worker, ref, { kind: "map", split: this.splits[task]! });
    return ref;
  }

  assignReduce(worker: ScriptedSession, task: number, attempt = 0): AnyAttemptRef {
    const ref = this.ref("reduce", task, attempt);
    this.assign(worker, ref, {
      kind: "reduce",
      passThrough: false,
      upload: undefined,
      input: undefined,
    });
    return ref;
  }

  /** Runs a map attempt to its end. */
  async map(worker: ScriptedSession, task: number, attempt = 0): Promise<MappedTask> {
    const ref = this.assignMap(worker, task, attempt);
    return this.mapped(worker, await succeeded(worker, ref));
  }

  mapped(worker: ScriptedSession, { attempt, result }: Succeeded): MappedTask {
    if (result.output.kind !== "map") throw new Error("It is no map output.");
    return { ref: attempt, regions: result.output.regions, source: sourceOf(worker) };
  }

  /** Tells a reducer where the regions of its partition are. */
  locate(worker: ScriptedSession, partition: number, maps: readonly MappedTask[]): void {
    const locations = maps.map((mapped): RegionLocation => {
      const { task, attempt } = mapped.ref;
      const { source } = mapped;
      const region = regionOf(mapped.regions, partition);
      return { mapTask: task, mapAttempt: attempt as AttemptNumber, source, region };
    });
    worker.say({ type: "region-locations", job: this.id, partition, locations });
  }

  /** The bytes of a part that a reduce attempt has written. */
  part(task: number, attempt = 0): string {
    const path = join(this.setup.outputPath, attemptPartName(task, attempt));
    return readFileSync(path, "latin1");
  }

  /** Runs the whole job, its tasks in turn on all workers; gives the parts. */
  async run(workers: readonly ScriptedSession[]): Promise<string[]> {
    const onTurn = (task: number) => workers[task % workers.length]!;
    for (const worker of workers) this.tell(worker);
    const refs = this.splits.map((_, task) => this.assignMap(onTurn(task), task));
    const maps = await Promise.all(
      refs.map(async (ref) => {
        const worker = onTurn(ref.task);
        return this.mapped(worker, await succeeded(worker, ref));
      }),
    );
    const partitions = Array.from({ length: this.setup.partitions }, (_, index) => index);
    await Promise.all(
      partitions.map(async (partition) => {
        const worker = onTurn(partition);
        const ref = this.assignReduce(worker, partition);
        this.locate(worker, partition, maps);
        await succeeded(worker, ref);
      }),
    );
    return partitions.map((partition) => this.part(partition));
  }
}

/** A map task that is completed, and who has its output. */
export interface MappedTask {
  readonly ref: AnyAttemptRef;
  readonly regions: Parameters<typeof regionOf>[0];
  readonly source: RegionSource;
}

/** How a worker is named to others. */
export function sourceOf({ register, incarnation }: ScriptedSession): RegionSource {
  return { worker: register.worker, incarnation, address: register.regionAddress };
}

export function isOf(
  ref: AnyAttemptRef,
): (message: { readonly attempt: AnyAttemptRef }) => boolean {
  const { job, phase, task, attempt } = ref;
  return (message) => {
    const its = message.attempt;
    return its.job === job && its.phase === phase && its.task === task && its.attempt === attempt;
  };
}

/** Waits for the success of an attempt; its failure is the test's. */
export async function succeeded(worker: ScriptedSession, ref: AnyAttemptRef): Promise<Succeeded> {
  const isIts = isOf(ref);
  const failed = worker
    .hears("attempt-failed", isIts)
    .then(({ failure }) => Promise.reject(new Error(`The attempt failed: ${failure.message}`)));
  return await Promise.race([worker.hears("attempt-succeeded", isIts), failed]);
}
