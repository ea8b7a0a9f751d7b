/**
 * Group commit: requests wait here while an fsync is under way, and go together with the next. The
 * slower the disk, the larger the batches, so the number of fsyncs bounds nobody's throughput. After
 * a batch that failed nothing more is done: what waits behind it counts on what was lost.
 */

import { SheafError } from "../../base/error.ts";
import type { StorageLimits } from "../limits.ts";

/** What the queue works for. */
export interface Committer<Request> {
  /** Makes requests durable, in their order. */
  commit(batch: readonly Request[]): Promise<void>;
  /** What a request adds to a batch. */
  bytesOf(request: Request): number;
  /** Whether a request must be the first of its batch. */
  isBarrier(request: Request): boolean;
}

interface Waiting<Request> {
  readonly request: Request;
  resolve(): void;
  reject(error: unknown): void;
}

export class CommitQueue<Request> {
  readonly #committer: Committer<Request>;
  readonly #limits: StorageLimits;
  readonly #folder: string;
  #waiting: Waiting<Request>[] = [];
  #running: Promise<void> | undefined;

  constructor(committer: Committer<Request>, limits: StorageLimits, folder: string) {
    this.#committer = committer;
    this.#limits = limits;
    this.#folder = folder;
  }

  /** Resolves when the request is durable. */
  async push(request: Request): Promise<void> {
    const count = this.#waiting.length;
    if (count >= this.#limits.requestsWaitingMax) throw tooMany(this.#folder, count);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Those who ask in this turn of the event loop go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#committer.commit(batch.map(({ request }) => request));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of [...batch, ...this.#waiting]) reject(error);
        this.#waiting = [];
      }
    }
    this.#running = undefined;
  }

  #takeBatch(): Waiting<Request>[] {
    let count = 0;
    let bytes = 0;
    for (const { request } of this.#waiting) {
      bytes += this.#committer.bytesOf(request);
      const isOver = bytes > this.#limits.batchBytesMax;
      if (count > 0 && (isOver || this.#committer.isBarrier(request))) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}

function tooMany(folder: string, count: number): SheafError {
  return new SheafError(
    "LIMIT_REACHED",
    `Cannot append to the log in ${folder}: ${count} appends wait for the disk already. Wait for ` +
      "some of them.",
    { data: { path: folder, waiting: count } },
  );
}
