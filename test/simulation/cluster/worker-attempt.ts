/**
 * One attempt on a simulated worker: it takes its time, shows how far it is, and makes what its task is
 * to make. The regions of a reduce come by the worker's own code (src/worker/fetch/map-regions.ts).
 */

import { crc32 } from "node:zlib";
import { SheafError } from "../../../src/base/error.ts";
import type { Incarnation } from "../../../src/base/ids.ts";
import { zeroTaskCounters } from "../../../src/job/counters.ts";
import { failureInWords } from "../../../src/job/failure.ts";
import type { AnyAttemptRef } from "../../../src/rpc/wire/attempt.ts";
import type { RegionLocation } from "../../../src/rpc/wire/from-master.ts";
import type { AttemptProgress, FetchFailed } from "../../../src/rpc/wire/from-worker.ts";
import { columnsOf } from "../../../src/rpc/wire/region.ts";
import type { ReportedOutput, ReportedResult } from "../../../src/rpc/wire/result.ts";
import type { Assignment, JobSetup } from "../../../src/rpc/wire/task.ts";
import { attemptPartName, stepRunName } from "../../../src/task/part-name.ts";
import type { AttemptEnd } from "../../../src/worker/ended-attempts.ts";
import { MapRegions } from "../../../src/worker/fetch/map-regions.ts";
import type { Ledger } from "../checks/ledger.ts";
import {
  inputOf,
  mapCounters,
  mapOutputOf,
  mustFail,
  reduceCounters,
  reduceOutputOf,
  sizeOf,
  unpackWorkload,
  type Workload,
} from "../workload/workload.ts";
import type { Process } from "../world/host.ts";
import type { MountedFolder, Numbers } from "../world/mounted-folder.ts";
import type { RegionStore } from "./region-store.ts";

/** What an attempt has of its worker. */
export interface AttemptParts {
  readonly process: Process;
  readonly incarnation: Incarnation;
  readonly folder: MountedFolder;
  readonly store: RegionStore;
  readonly ledger: Ledger;
  readonly report: (failed: FetchFailed) => void;
}

const STEPS = 4;
const MAP_READ_ERROR = "The input of the map is not there.";

/** See the head of this file. */
export class WorkerAttempt {
  readonly ref: AnyAttemptRef;
  readonly job: JobSetup;
  isRunning = false;
  /** Half of what it makes is where all machines see it. */
  isWriting = false;
  readonly #assignment: Assignment;
  readonly #parts: AttemptParts;
  readonly #workload: Workload;
  readonly #controller = new AbortController();
  #regions: MapRegions | undefined;
  #bytes = 0;
  #bytesTotal = 0;

  constructor(assignment: Assignment, job: JobSetup, parts: AttemptParts) {
    this.ref = assignment.attempt;
    this.job = job;
    this.#assignment = assignment;
    this.#parts = parts;
    this.#workload = unpackWorkload(job.params);
  }

  get progress(): AttemptProgress {
    return { attempt: this.ref, records: 0, bytes: this.#bytes, spills: 0 };
  }

  kill(): void {
    const reason = new SheafError("CANCELLED", "The attempt was ended.");
    this.#controller.abort(reason);
    this.#regions?.close(reason);
  }

  locate(locations: Iterable<RegionLocation>): void {
    for (const location of locations) this.#regions?.take(location);
  }

  lose(mapTask: number, mapAttempt: number): void {
    this.#regions?.lose(mapTask, mapAttempt);
  }

  reportAgain(): void {
    this.#regions?.reportAgain();
  }

  /** Runs to its end, which it resolves to. */
  async run(known: Iterable<RegionLocation>): Promise<AttemptEnd> {
    this.isRunning = true;
    const { signal } = this.#controller;
    try {
      const result = await this.#work(known);
      signal.throwIfAborted();
      return { type: "attempt-succeeded", attempt: this.ref, result };
    } catch (thrown) {
      if (signal.aborted) return { type: "attempt-killed", attempt: this.ref };
      if (!(thrown instanceof SheafError)) throw thrown;
      const kind = thrown.code === "USER_CODE" ? "failed" : "lost";
      const failure = failureInWords(kind, thrown.code, thrown.message);
      return { type: "attempt-failed", attempt: this.ref, failure, fatal: false };
    } finally {
      this.#regions?.close(new SheafError("CANCELLED", "The attempt is over."));
    }
  }

  #work(known: Iterable<RegionLocation>): Promise<ReportedResult> {
    switch (this.#assignment.task.kind) {
      case "map":
        return this.#map();
      case "reduce":
        return this.#reduce(known);
      case "sample":
        return this.#sample();
    }
  }

  async #sample(): Promise<ReportedResult> {
    await this.#takeTime(8);
    this.#parts.process.world.sometimes.saw("sample read");
    const boundaries = Array.from({ length: this.#workload.partitions - 1 }, (_, i) =>
      Uint8Array.of(i + 1),
    );
    const counters = { task: zeroTaskCounters(), user: {} };
    return resultOf(counters, { kind: "sample", boundaries });
  }

  async #map(): Promise<ReportedResult> {
    const { step } = this.job;
    const input = this.#input();
    await this.#takeTime(sizeOf(input));
    this.#failIfItMust();
    const output = mapOutputOf(this.#workload, step, input);
    this.#parts.store.keep(this.ref, output);
    const regions = output.map((numbers) => {
      return { lengthBytes: sizeOf(numbers), records: numbers.length, blockBytesMax: 8 };
    });
    const columns = columnsOf(regions);
    return resultOf(mapCounters(input, output), { kind: "map", regions: columns });
  }

  /** A split of the job's input, or a run of the step before. */
  #input(): Numbers {
    const { task } = this.#assignment;
    const path = task.kind === "map" ? task.split.segments[0]!.file.path : "";
    if (path.startsWith("/in/")) return inputOf(this.#workload, Number(path.slice(4)));
    const numbers = this.#parts.folder.numbersAt(path);
    if (numbers === undefined) throw new SheafError("INPUT_MISSING", MAP_READ_ERROR);
    return numbers;
  }

  async #reduce(known: Iterable<RegionLocation>): Promise<ReportedResult> {
    const { process, incarnation, store, report } = this.#parts;
    this.#regions = new MapRegions({
      attempt: this.ref,
      mapTasks: this.job.mapTasks,
      incarnation,
      shelf: store,
      requester: { fetch: (wanted, signal) => store.fetch(wanted, signal) },
      clock: process,
      report,
    });
    this.locate(known);
    const found = await this.#regions.all();
    const regions = found.map(({ path }) => store.read(path));
    await this.#takeTime(regions.reduce((sum, region) => sum + sizeOf(region), 0));
    this.#failIfItMust();
    const output = reduceOutputOf(regions);
    const counters = reduceCounters(regions, output);
    return resultOf(counters, await this.#write(output));
  }

  /** Under its private name, where all machines see it; a process that dies leaves a part of it. */
  async #write(output: Numbers): Promise<ReportedOutput> {
    const { folder, process, ledger, incarnation } = this.#parts;
    const { task, attempt } = this.ref;
    const isPart = this.job.output === "part";
    const name = isPart ? attemptPartName(task, attempt) : stepRunName(task, attempt);
    const path = `${this.job.outputPath}/${name}`;
    const half = output.slice(0, output.length >> 1);
    if (!folder.write(path, half)) throw new SheafError("OUTPUT_FAILED", "Its folder is gone.");
    this.isWriting = true;
    await process.wait(2, this.#controller.signal).finally(() => {
      this.isWriting = false;
    });
    if (ledger.isGivenUp(incarnation)) process.world.sometimes.saw("zombie wrote a part");
    if (!folder.write(path, output)) throw new SheafError("OUTPUT_FAILED", "Its folder is gone.");
    const bytes = sizeOf(output);
    const records = output.length;
    if (!isPart) return { kind: "step", run: { lengthBytes: bytes, records, blockBytesMax: 8 } };
    const checksum = crc32(output.join()).toString(16).padStart(8, "0");
    return { kind: "part", part: { bytes, records, crc32: checksum } };
  }

  async #takeTime(bytes: number): Promise<void> {
    const { process } = this.#parts;
    this.#bytesTotal = bytes;
    for (let step = 1; step <= STEPS; step++) {
      const ms = (this.#workload.attemptMs / STEPS) * process.host.slowness;
      await process.wait(ms, this.#controller.signal);
      this.#bytes = (this.#bytesTotal * step) / STEPS;
    }
  }

  #failIfItMust(): void {
    const { phase, task, attempt } = this.ref;
    if (phase === "sample") return;
    if (!mustFail(this.#workload, this.job.step, phase, task, attempt)) return;
    throw new SheafError("USER_CODE", "The job's own function threw.");
  }
}

function resultOf(counters: ReportedResult["counters"], output: ReportedOutput): ReportedResult {
  return {
    counters,
    spills: 0,
    bad: [],
    skipped: 0,
    lastSkipped: undefined,
    log: "",
    leftRunning: [],
    output,
  };
}
