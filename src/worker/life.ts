/**
 * One life of a worker: an incarnation, with all that a leader may hold it to: its jobs, its attempts,
 * and what it has on its disk. A leader that has given a life up forgets all of that, and so must the
 * worker: it closes this life and begins another, which knows nothing.
 */

import { randomBytes } from "node:crypto";
import { unreachable } from "../base/assert.ts";
import type { Cancel, Clock } from "../base/clock.ts";
import { type Incarnation, incarnation, type JobId } from "../base/ids.ts";
import { LIST_ITEMS_MAX } from "../rpc/limits.ts";
import { RegionShelf } from "../rpc/regions/region-shelf.ts";
import type { Register } from "../rpc/wire/from-worker.ts";
import type { JobSetup } from "../rpc/wire/task.ts";
import { jobEnvironment } from "../slot/job-environment.ts";
import { Attempts } from "./attempts.ts";
import type { BundleStore } from "./bundle-store.ts";
import { FetchQueue } from "./fetch/fetch-queue.ts";
import type { FetchRegion } from "./fetch/wanted-region.ts";
import { LifeFolder } from "./life-folder.ts";
import type { LifeParts } from "./life-parts.ts";
import { Seats, type StartThread } from "./seats.ts";
import type { LeaderMessage } from "./session.ts";
import { WorkerJob } from "./worker-job.ts";
import type { WorkerLog } from "./worker-log.ts";

/** What a life is made of. */
export interface LifeOptions {
  /** The folder of this process, in which the life makes its own. */
  readonly processFolder: string;
  readonly slots: number;
  readonly memoryBytes: number;
  readonly heapMiB: number;
  /** Of this process: some of it is passed on to jobs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly bundles: BundleStore;
  readonly fetch: FetchRegion;
  readonly startThread: StartThread;
  readonly say: LifeParts["say"];
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly onBug: (thrown: unknown) => void;
}

const INCARNATION_BYTES = 12;
/** Attempts that may wait for each slot: of short ones a leader gives more than we run, and may be ahead. */
const WAITING_PER_SLOT_MAX = 4;
const PROGRESS_INTERVAL_MS = 300;

/** See the head of this file. */
export class Life {
  readonly incarnation: Incarnation;
  readonly shelf: RegionShelf;
  readonly #options: LifeOptions;
  readonly #folder: LifeFolder;
  readonly #fetches: FetchQueue;
  readonly #seats: Seats;
  readonly #attempts: Attempts;
  readonly #jobs = new Map<JobId, WorkerJob>();
  /**
   * What is said of a job while its attempts are being ended: a leader that comes back may have it
   * forgotten and begun anew in one breath, under the same names.
   */
  readonly #held = new Map<JobId, LeaderMessage[]>();
  readonly #stopProgress: Cancel;

  constructor(options: LifeOptions) {
    this.#options = options;
    const { clock, log, onBug, memoryBytes, slots, say } = options;
    this.incarnation = incarnation(`w-${randomBytes(INCARNATION_BYTES).toString("hex")}`);
    this.#folder = new LifeFolder(options.processFolder, this.incarnation);
    this.shelf = new RegionShelf(this.#folder.path);
    this.#fetches = new FetchQueue(options.fetch, clock);
    this.#seats = new Seats(slots, options.startThread, clock);
    const life: LifeParts = {
      incarnation: this.incarnation,
      folder: this.#folder,
      shelf: this.shelf,
      fetches: this.#fetches,
      clock,
      memoryBytes,
      threadOptions: (setup) => this.#threadOptions(setup),
      say,
    };
    const queuedMax = WAITING_PER_SLOT_MAX * slots;
    this.#attempts = new Attempts({ life, seats: this.#seats, queuedMax, log, onBug });
    this.#stopProgress = clock.every(PROGRESS_INTERVAL_MS, () => this.#tellProgress());
  }

  /** What a registration says of this life. */
  facts(): Pick<Register, "running" | "ended" | "jobs"> {
    const ended = this.#attempts.ended.all().map(({ attempt }) => attempt);
    const jobs = [...this.#jobs.keys()].slice(-LIST_ITEMS_MAX);
    return { running: this.#attempts.live(), ended, jobs };
  }

  /** Tells a new session what the one before may not have heard. */
  tellAgain(): void {
    this.#attempts.tellAgain();
  }

  take(message: LeaderMessage): void {
    const job = jobOf(message);
    const held = job === undefined ? undefined : this.#held.get(job);
    if (held === undefined) this.#take(message);
    else held.push(message);
  }

  #take(message: LeaderMessage): void {
    switch (message.type) {
      case "job-setup":
        return this.#begin(message.setup);
      case "boundaries": {
        const job = this.#jobs.get(message.job);
        if (job !== undefined) job.boundaries = message.keys;
        return;
      }
      case "assign": {
        const { assignment } = message;
        return this.#attempts.assign(assignment, this.#jobs.get(assignment.attempt.job));
      }
      case "kill":
        return this.#attempts.kill(message.attempt);
      case "region-locations":
        this.#jobs.get(message.job)?.locate(message);
        return this.#attempts.locate(message);
      case "lost-regions":
        this.#jobs.get(message.job)?.lose(message);
        return this.#attempts.lose(message);
      case "recorded":
        return this.#attempts.ended.recorded(message.attempts);
      case "forget-job":
        return void this.#forget(message.job).catch(this.#options.onBug);
      default:
        return unreachable(message);
    }
  }

  /** Ends all that runs. */
  async close(): Promise<void> {
    this.#stopProgress();
    this.#fetches.close();
    await this.#attempts.close();
    await this.#seats.close();
    for (const job of this.#jobs.values()) job.close();
  }

  /** Removes all that was made, once it is closed. */
  async remove(): Promise<void> {
    await this.#folder.remove();
  }

  #begin(setup: JobSetup): void {
    // A new leader says it again.
    if (this.#jobs.has(setup.job)) return;
    const job = new WorkerJob(setup, this.#options.bundles);
    this.#jobs.set(setup.job, job);
    // It comes while the leader decides what to assign.
    job.bundle().catch(() => {});
    const { mapTasks, partitions } = setup;
    const words = `Job ${setup.job}: ${mapTasks} maps, ${partitions} reduces.`;
    this.#options.log.info("job-begun", words, { job: setup.job, mapTasks, partitions });
  }

  async #forget(id: JobId): Promise<void> {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    this.shelf.forget(id);
    const held: LeaderMessage[] = [];
    this.#held.set(id, held);
    await this.#attempts.forget(id);
    const removed = this.#end(job);
    this.#held.delete(id);
    for (const message of held) this.take(message);
    await removed;
  }

  /** Nothing of the job runs any more; resolves when its files are gone. */
  async #end(job: WorkerJob | undefined): Promise<void> {
    if (job === undefined) return;
    const id = job.setup.job;
    const key = job.threadKey;
    const isShared = [...this.#jobs.values()].some(({ threadKey }) => threadKey === key);
    if (!isShared) this.#seats.release(key);
    job.close();
    await this.#folder.removeJob(id);
    this.#options.log.info("job-forgotten", `Job ${id} is over here.`, { job: id });
  }

  #tellProgress(): void {
    for (const [id, job] of this.#jobs) {
      job.trimLocations((partition) => this.#attempts.reduces(id, partition));
    }
    const attempts = this.#attempts.progress();
    if (attempts.length > 0) this.#options.say({ type: "progress", attempts });
  }

  #threadOptions({ taskTimeoutMs, environment }: JobSetup) {
    const { heapMiB, environment: own } = this.#options;
    return { taskTimeoutMs, heapMiB, environment: jobEnvironment(environment, own) };
  }
}

/** The job that a message is about, if it is about one. */
function jobOf(message: LeaderMessage): JobId | undefined {
  switch (message.type) {
    case "job-setup":
      return message.setup.job;
    case "assign":
      return message.assignment.attempt.job;
    case "kill":
      return message.attempt.job;
    case "recorded":
      return undefined;
    default:
      return message.job;
  }
}
