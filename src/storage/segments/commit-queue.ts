/**
 * Group commit: requests wait here while an fsync is under way, and go together with the next. The
 * slower the disk, the larger the batches, so the number of fsyncs bounds nobody's throughput.
 *
 * A batch that finds no room is refused, and all that waits behind it too, for it counts on what was
 * refused. After that the queue takes requests as before; that another failure is the end is for the
 * committer to say.
 */

import { SheafError } from "../../base/error.ts";
import type { StorageLimits } from "../limits.ts";

/** What the queue works for. */
export interface Committer<Request> {
  /** Makes requests durable, in their order. */
  commit(batch: readonly Request[]): Promise<void>;
  /** What a request takes of the queue's bounds. */
  bytesOf(request: Request): number;
  /** Whether a request must be the first of its batch. */
  isBarrier(request: Request): boolean;
  /** Requests that were taken in are void: what is durable is all there is. */
  rolledBack(error: unknown): void;
}

interface Waiting<Request> {
  readonly request: Request;
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

export class CommitQueue<Request> {
  readonly #committer: Committer<Request>;
  readonly #limits: StorageLimits;
  readonly #folder: string;
  #waiting: Waiting<Request>[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;

  constructor(committer: Committer<Request>, limits: StorageLimits, folder: string) {
    this.#committer = committer;
    this.#limits = limits;
    this.#folder = folder;
  }

  /** Throws `DATA_BUSY` where a request has no place. One that is too large for it may go alone. */
  checkRoom(request: Request): void {
    const { queueBytesMax, queueRequestsMax } = this.#limits;
    const count = this.#waiting.length;
    const bytes = this.#bytes + this.#committer.bytesOf(request);
    if (count === 0 || (bytes <= queueBytesMax && count < queueRequestsMax)) return;
    throw new SheafError(
      "DATA_BUSY",
      `Cannot append to the log in ${this.#folder}: ${count} appends with ${this.#bytes} bytes ` +
        "wait for the disk already. Wait for some of them.",
      { data: { path: this.#folder, waiting: count, waitingBytes: this.#bytes } },
    );
  }

  /** Resolves when the request is durable. */
  push(request: Request): Promise<void> {
    const bytes = this.#committer.bytesOf(request);
    this.#bytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, bytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
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
        const refused = [...batch, ...this.#waiting];
        this.#waiting = [];
        this.#bytes = 0;
        this.#committer.rolledBack(error);
        for (const { reject } of refused) reject(error);
      }
    }
    this.#running = undefined;
  }

  #takeBatch(): Waiting<Request>[] {
    let count = 0;
    let bytes = 0;
    for (const { request, bytes: more } of this.#waiting) {
      const isOver = bytes + more > this.#limits.batchBytesMax;
      if (count > 0 && (isOver || this.#committer.isBarrier(request))) break;
      count++;
      bytes += more;
    }
    this.#bytes -= bytes;
    return this.#waiting.splice(0, count);
  }
}
