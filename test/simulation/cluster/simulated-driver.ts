/**
 * A driver of a job as src/master/driver is one, without a thread: it plans the job's steps one after
 * the other, is told who has won, gives parts their names in the shared folder, and publishes the
 * output in the end. Another leader's driver begins anew, and finds what this one has left.
 */

import { type Counters, countersOfRuns } from "../../../src/job/counters.ts";
import type { InputFile, Split } from "../../../src/job/input/input.ts";
import { SUCCESS_FILE } from "../../../src/job/manifest.ts";
import type { JobEvent, JobResult, Part, StepLabel } from "../../../src/job/report.ts";
import type { StepOutcome } from "../../../src/local/executor.ts";
import type {
  DriverData,
  FromDriver,
  PlannedStep,
  ToDriver,
} from "../../../src/master/driver/driver-message.ts";
import type { JobDriver } from "../../../src/master/leader/active-job.ts";
import type { RunRegion } from "../../../src/shuffle/merge-runs.ts";
import { attemptPartName, partName } from "../../../src/task/part-name.ts";
import type { Ledger } from "../checks/ledger.ts";
import { inputOf, sizeOf, unpackWorkload, type Workload } from "../workload/workload.ts";
import type { Process } from "../world/host.ts";
import type { MountedFolder } from "../world/mounted-folder.ts";

/** Ends the job; the message is its error. */
class Ended extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a driver works with. */
export interface DriverParts {
  readonly process: Process;
  readonly folder: MountedFolder;
  readonly ledger: Ledger;
}

const START_MS = 50;
const WORK_MS = 5;

/** See the head of this file. */
export class SimulatedDriver implements JobDriver {
  readonly #parts: DriverParts;
  readonly #data: DriverData;
  readonly #workload: Workload;
  readonly #onMessage: (message: FromDriver) => void;
  readonly #staging: string;
  readonly #committed = new Map<number, Part>();
  /** What the leader has said and the driver has not looked at. */
  readonly #inbox: ToDriver[] = [];
  #wake: () => void = () => {};
  #isStopped: boolean;
  #isClosed = false;

  constructor(parts: DriverParts, data: DriverData, onMessage: (message: FromDriver) => void) {
    this.#parts = parts;
    this.#data = data;
    this.#workload = unpackWorkload(data.spec.params);
    this.#onMessage = onMessage;
    this.#staging = `${data.spec.output}.staging-${data.outputId}`;
    this.#isStopped = data.isCancelled;
    this.#run().catch((thrown: unknown) => parts.process.world.fail(thrown));
  }

  tell(message: ToDriver): void {
    this.#inbox.push(message);
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #run(): Promise<void> {
    try {
      const result = await this.#result();
      await this.#say({ type: "event", event: { type: "job-ended", ok: true, result } });
    } catch (thrown) {
      if (!(thrown instanceof Ended)) throw thrown;
      if (!this.#isClosed) this.#parts.folder.removeFolder(this.#staging);
      const { code, message } = thrown;
      const event = { type: "job-ended", ok: false, error: { code, message } } as const;
      await this.#say({ type: "event", event });
    }
  }

  async #result(): Promise<JobResult> {
    try {
      return await this.#drive();
    } catch (thrown) {
      // The driver of a leader that was deposed may have published a moment before it ended.
      const published = this.#data.isResumed ? this.#published() : undefined;
      if (published === undefined || !(thrown instanceof Ended)) throw thrown;
      this.#parts.process.world.sometimes.saw("job published and not recorded");
      return published;
    }
  }

  async #drive(): Promise<JobResult> {
    const { folder, process } = this.#parts;
    const { spec, isResumed } = this.#data;
    const { sometimes } = process.world;
    await this.#work(START_MS);
    if (isResumed) sometimes.saw("job resumed by another leader");
    if (!isResumed || !folder.hasFolder(this.#staging)) {
      const published = isResumed ? this.#published() : undefined;
      if (published !== undefined) {
        sometimes.saw("job published and not recorded");
        return published;
      }
      this.#throwIfStopped();
      if (folder.hasFolder(spec.output)) throw new Ended("OUTPUT_EXISTS", "There is data.");
      folder.makeFolder(this.#staging);
    }
    await this.#event({
      type: "job-started",
      job: spec.name,
      files: this.#workload.maps,
      inputBytes: 0,
      partitions: this.#workload.partitions,
      slots: this.#data.slots,
      steps: this.#workload.steps,
    });
    return await this.#steps();
  }

  async #steps(): Promise<JobResult> {
    const { steps } = this.#workload;
    const done: (StepLabel & { counters: Counters })[] = [];
    let runs: readonly RunRegion[] | undefined;
    for (let step = 0; step < steps; step++) {
      this.#throwIfStopped();
      const label = { step, iteration: 1 };
      const splits = runs === undefined ? this.#inputSplits() : splitsOf(runs);
      const { counters, runs: made } = await this.#runStep(label, splits, step === steps - 1);
      done.push({ ...label, counters });
      if (step > 0) this.#parts.folder.removeFolder(this.#stepFolder(step - 1));
      runs = made;
    }
    await this.#work(WORK_MS);
    this.#throwIfStopped();
    return this.#publish(done);
  }

  /** What another leader's driver has published that could not say so any more. */
  #published(): JobResult | undefined {
    const text = this.#parts.folder.textAt(`${this.#data.spec.output}/${SUCCESS_FILE}`);
    if (text === undefined) return undefined;
    const { run, result } = JSON.parse(text) as { run: string; result: JobResult };
    return run === this.#data.outputId ? result : undefined;
  }

  async #runStep(label: StepLabel, splits: Split[], isLast: boolean): Promise<StepOutcome> {
    const { folder } = this.#parts;
    const { partitions, trouble } = this.#workload;
    const path = isLast ? this.#staging : this.#stepFolder(label.step);
    folder.makeFolder(path);
    const sizes = { mapTasks: splits.length, reduceTasks: partitions, inputBytes: 0 };
    await this.#event({ type: "step-started", ...label, ...sizes });
    const facts = { label, splits, partitions, path };
    const isSampled = trouble === "sampled" && label.step === 0;
    const plan: PlannedStep = {
      label,
      splits,
      windows: isSampled ? [{ split: splits[0]!, stride: 1 }] : [],
      partitions,
      runs: undefined,
      inputBytes: splits.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      previous: {},
      skippedMax: 0,
      skipped: 0,
      mapHosts: label.step === 0 ? placesOf(this.#workload) : [],
      hash: JSON.stringify(facts),
      output: { kind: isLast ? "part" : "step", path, uploads: undefined },
    };
    await this.#say({ type: "plan", plan });
    const outcome = await this.#outcome();
    const { counters } = outcome;
    await this.#event({ type: "step-ended", ...label, counters, elapsedMs: 0 });
    return outcome;
  }

  /** What the leader says of the step that runs, until it has ended. */
  async #outcome(): Promise<StepOutcome> {
    for (;;) {
      const message = await this.#next();
      switch (message.type) {
        case "won":
          if (message.written?.kind === "part") this.#commit(message);
          break;
        case "keep":
          await this.#say({ type: "kept", id: message.id });
          break;
        case "step-done":
          return message.outcome;
        case "step-failed":
          throw new Ended(message.verdict.failure.code, message.verdict.failure.message);
        case "step-impossible":
          throw new Ended(message.code, message.message);
        case "stop":
          break;
      }
    }
  }

  /** The attempt's part gets its name, unless it has it already. */
  #commit({ attempt: { task, attempt }, written }: Extract<ToDriver, { type: "won" }>): void {
    const { folder, ledger, process } = this.#parts;
    if (written?.kind !== "part") return;
    const name = partName(task, "none");
    const path = `${this.#staging}/${name}`;
    const isRenamed = folder.rename(`${this.#staging}/${attemptPartName(task, attempt)}`, path);
    // Another leader's driver may have published all of it: then nobody hears what this one says.
    if (!isRenamed && !folder.has(path)) {
      throw new Ended("OUTPUT_FAILED", `Attempt ${attempt} of reduce ${task} left no part.`);
    }
    if (!isRenamed) process.world.sometimes.saw("part published again");
    else ledger.publishes(this.#staging, task, attempt);
    this.#committed.set(task, { name, ...written.part });
  }

  #publish(steps: readonly (StepLabel & { counters: Counters })[]): JobResult {
    const { folder } = this.#parts;
    const { spec, outputId } = this.#data;
    const parts = [...this.#committed].sort(([a], [b]) => a - b).map(([, part]) => part);
    const result: JobResult = {
      output: spec.output,
      parts,
      counters: countersOfRuns(steps),
      steps,
      skippedRecords: 0,
      elapsedMs: 0,
    };
    for (const name of folder.namesIn(this.#staging)) {
      if (name.includes(".attempt-")) folder.remove(`${this.#staging}/${name}`);
    }
    const manifest = JSON.stringify({ run: outputId, result });
    folder.write(`${this.#staging}/${SUCCESS_FILE}`, manifest);
    if (!folder.renameFolder(this.#staging, spec.output)) {
      throw new Ended(
        "OUTPUT_EXISTS",
        "The output is there already, or what was to become it is not.",
      );
    }
    return result;
  }

  #inputSplits(): Split[] {
    return Array.from({ length: this.#workload.maps }, (_, index) => {
      const sizeBytes = sizeOf(inputOf(this.#workload, index));
      const file = fileOf(`/in/${index}`, index, sizeBytes);
      return { index, segments: [{ file, start: 0, end: sizeBytes }], sizeBytes };
    });
  }

  #stepFolder(step: number): string {
    return `${this.#staging}/runs-${step}-1`;
  }

  #event(event: JobEvent): Promise<void> {
    return this.#say({ type: "event", event });
  }

  async #say(message: FromDriver): Promise<void> {
    await this.#work(WORK_MS);
    this.#onMessage(message);
  }

  /** Takes time, and for ever if the driver was closed meanwhile. */
  async #work(ms: number): Promise<void> {
    await this.#parts.process.wait(ms);
    if (this.#isClosed) await new Promise<never>(() => {});
  }

  #throwIfStopped(): void {
    if (this.#isStopped) throw new Ended("CANCELLED", "The run was cancelled.");
  }

  async #next(): Promise<ToDriver> {
    while (this.#inbox.length === 0 && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#throwIfStopped();
    await this.#work(WORK_MS / 5);
    this.#throwIfStopped();
    return this.#inbox.shift()!;
  }
}

/** Every second job knows where its input is, on hosts that are there or not. */
function placesOf({ seed, maps }: Workload): PlannedStep["mapHosts"] {
  if (seed % 2 === 0) return [];
  return [1, 2, 3].map((worker) => ({
    label: `w${worker}`,
    tasks: Array.from({ length: maps }, (_, map) => map).filter((map) => map % 4 === worker),
  }));
}

function splitsOf(runs: readonly RunRegion[]): Split[] {
  return runs.map(({ path, offset, lengthBytes, records, blockBytesMax }, index) => {
    const file = fileOf(path, index, offset + lengthBytes);
    const run = { records, blockBytesMax };
    const segments = [{ file, start: offset, end: offset + lengthBytes, run }];
    return { index, segments, sizeBytes: lengthBytes };
  });
}

function fileOf(path: string, index: number, sizeBytes: number): InputFile {
  return { path, name: path, index, sizeBytes, modifiedMs: 0, compression: "none" };
}
