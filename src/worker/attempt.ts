/**
 * One attempt on this worker: what it needs is brought here, a thread runs it, and what it made is
 * kept where others find it.
 *
 *     bundle ─▶ regions of the maps, for a reduce ─▶ thread ─▶ result; a map's output on the shelf
 *
 * What always holds: it ends in exactly one way, which `run` resolves to; when it does, nothing of it
 * runs any more, and of its files only those are left that a success has told of.
 */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { SheafError } from "../base/error.ts";
import type { Split } from "../job/input/input.ts";
import { attemptFileName } from "../rpc/attempt-name.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import type { LostRegions, RegionLocation } from "../rpc/wire/from-master.ts";
import type { Assignment } from "../rpc/wire/task.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import { attemptPartName } from "../task/part-name.ts";
import { stepRunPath } from "../task/step-runs.ts";
import type { AnyTaskSpec } from "../task/task-spec.ts";
import { failureEnd, lostEnd, strayEnd, successEnd } from "./attempt-result.ts";
import type { AttemptEnd } from "./ended-attempts.ts";
import type { FetchRequester } from "./fetch/fetch-queue.ts";
import { MapRegions } from "./fetch/map-regions.ts";
import { RegionFile } from "./fetch/region-file.ts";
import type { LifeParts } from "./life-parts.ts";
import type { Seat } from "./seats.ts";
import type { WorkerJob } from "./worker-job.ts";

const REGIONS_SUFFIX = ".regions";
const OUTPUT_SUFFIX = ".output";

/** See the head of this file. */
export class Attempt {
  readonly ref: AnyAttemptRef;
  readonly job: WorkerJob;
  seat: Seat | undefined;
  /** Where its regions are, once it has begun to bring them here; undefined where it reads none. */
  #regions: MapRegions | undefined;
  readonly #assignment: Assignment;
  readonly #life: LifeParts;
  readonly #controller = new AbortController();
  readonly #file: RegionFile;
  readonly #requester: FetchRequester;

  constructor(assignment: Assignment, job: WorkerJob, life: LifeParts) {
    this.ref = assignment.attempt;
    this.job = job;
    this.#assignment = assignment;
    this.#life = life;
    this.#file = new RegionFile(this.#pathHere(REGIONS_SUFFIX));
    this.#requester = life.fetches.requester(this.#file);
  }

  /** Ends it, wherever it is. */
  kill(): void {
    this.#controller.abort(new SheafError("CANCELLED", "The attempt was ended."));
  }

  /** Regions of its partition have been found. */
  locate(locations: Iterable<RegionLocation>): void {
    for (const location of locations) this.#regions?.take(location);
  }

  /** Map outputs of its job have got lost. */
  lose({ regions }: LostRegions): void {
    for (const { mapTask, mapAttempt } of regions) this.#regions?.lose(mapTask, mapAttempt);
  }

  /** Tells a new session what the leader has to decide. */
  reportAgain(): void {
    this.#regions?.reportAgain();
  }

  /** Runs in a seat that it has taken. */
  async run(seat: Seat): Promise<AttemptEnd> {
    this.seat = seat;
    const { signal } = this.#controller;
    const killed = new Promise<"killed">((resolve) => {
      const kill = () => resolve("killed");
      signal.addEventListener("abort", kill, { once: true });
      if (signal.aborted) kill();
    });
    const going = this.#go(seat).catch((thrown: unknown) => {
      return signal.aborted ? ("killed" as const) : lostEnd(this.ref, thrown);
    });
    const end = await Promise.race([going, killed]);
    if (end === "killed" && seat.isRunning) await seat.end();
    await this.#cleanUp(end);
    return end === "killed" ? { type: "attempt-killed", attempt: this.ref } : end;
  }

  async #go(seat: Seat): Promise<AttemptEnd> {
    const { job } = this;
    const { signal } = this.#controller;
    const bundle = await job.bundle();
    signal.throwIfAborted();
    const { folder, threadOptions } = this.#life;
    folder.makeJob(job.setup.job);
    const prepare = () =>
      seat.prepare(job, () => {
        return { bundle, params: job.params(), options: threadOptions(job.setup) };
      });
    prepare();
    if (job.stray !== undefined) return strayEnd(this.ref, job.stray);
    const { task } = this.#assignment;
    if (task.kind === "reduce" && task.input === undefined) {
      this.#regions = this.#mapRegions();
      this.locate(job.locationsOf(this.ref.task));
    }
    for (;;) {
      const spec = await this.#spec();
      signal.throwIfAborted();
      const answer = await seat.run(spec);
      signal.throwIfAborted();
      if (this.#isForOthersToMend(answer)) continue;
      if (answer.type === "failed" && seat.isInherited) {
        // What a job before has left there may be to blame, so it does not count.
        await seat.end();
        signal.throwIfAborted();
        prepare();
        continue;
      }
      seat.blame();
      return job.stray === undefined ? this.#end(answer) : strayEnd(this.ref, job.stray);
    }
  }

  /** A map output of this worker that is damaged: the leader finds another, and reduce begins again. */
  #isForOthersToMend(answer: SlotAnswer): boolean {
    if (answer.type !== "failed" || answer.path === undefined) return false;
    const { code, message } = answer.failure;
    return code === "REGION_CORRUPT" && this.#regions?.reject(answer.path, message) === true;
  }

  #end(answer: SlotAnswer): AttemptEnd {
    if (answer.type === "failed") return failureEnd(this.ref, answer, this.#life.folder.path);
    const { result } = answer;
    const { shelf } = this.#life;
    if (result.kind === "map") {
      const { path, regions } = result.output;
      const lengthBytes = regions.map((region) => region.lengthBytes);
      shelf.add(this.ref, { path, lengthBytes });
    }
    return successEnd(this.ref, answer);
  }

  async #spec(): Promise<AnyTaskSpec> {
    const { setup, boundaries } = this.job;
    const { skip, skipsLeft, task } = this.#assignment;
    const { folder, memoryBytes } = this.#life;
    const base = {
      step: setup.step,
      task: this.ref.task,
      attempt: this.ref.attempt,
      memoryBytes: Math.min(memoryBytes, setup.memoryBytesMax ?? memoryBytes),
      directory: folder.job(setup.job),
      fileName: attemptFileName(this.ref),
      previous: setup.previous,
      skip,
      skipsLeft,
    };
    const { partitions } = setup;
    switch (task.kind) {
      case "map":
        return { ...base, kind: "map", split: task.split, partitions, boundaries };
      case "sample":
        return { ...base, kind: "sample", windows: task.windows, partitions };
      case "reduce": {
        const { passThrough, upload, input } = task;
        const regions = input === undefined ? await this.#regions!.all() : runsOf(input);
        const outputPath = this.#outputPath();
        const { output } = setup;
        return { ...base, kind: "reduce", regions, passThrough, output, outputPath, upload };
      }
    }
  }

  /** What others go on with lies where all machines find it; what is uploaded, here. */
  #outputPath(): string {
    const { setup } = this.job;
    const { task } = this.#assignment;
    if (task.kind === "reduce" && task.upload !== undefined) return this.#pathHere(OUTPUT_SUFFIX);
    const { task: index, attempt } = this.ref;
    return setup.output === "part"
      ? join(setup.outputPath, attemptPartName(index, attempt))
      : stepRunPath(setup.outputPath, index, attempt);
  }

  /** Of a file of its own on this machine. */
  #pathHere(suffix: string): string {
    return join(this.#life.folder.job(this.ref.job), `${attemptFileName(this.ref)}${suffix}`);
  }

  #mapRegions(): MapRegions {
    const { incarnation, shelf, clock, say } = this.#life;
    return new MapRegions({
      attempt: this.ref,
      mapTasks: this.job.setup.mapTasks,
      incarnation,
      shelf,
      requester: this.#requester,
      clock,
      report: say,
    });
  }

  async #cleanUp(end: AttemptEnd | "killed"): Promise<void> {
    const over = new SheafError("CANCELLED", "The attempt is over.");
    this.#regions?.close(over);
    this.#controller.abort(over);
    await this.#file.remove();
    if (end !== "killed" && end.type === "attempt-succeeded") return;
    await this.#life.folder.removeAttempt(this.ref);
    // A thread that was ended could not remove what it had begun; nobody else has this name.
    if (this.ref.phase === "reduce") await rm(this.#outputPath(), { force: true }).catch(() => {});
  }
}

/** The runs of the step before that a split names. */
function runsOf({ segments }: Split): RunRegion[] {
  return segments.map(({ file, start, end, run }) => {
    const { records = 0, blockBytesMax = 0 } = run ?? {};
    return { path: file.path, offset: start, lengthBytes: end - start, records, blockBytesMax };
  });
}
