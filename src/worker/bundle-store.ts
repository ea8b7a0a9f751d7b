/**
 * Bundles on this worker: each is fetched once from the leader, verified by its hash, and shared by
 * all attempts that need it. Those of jobs that are over are kept for a while, because the same job
 * often comes again.
 */

import type { Clock } from "../base/clock.ts";
import { SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { bundleHash, unpackBundle } from "../bundle/packed-bundle.ts";
import { joinChunks } from "../rpc/bundle-pieces.ts";
import type { Channel } from "../rpc/client/channel.ts";
import { stub } from "../rpc/client/stub.ts";
import { workerService } from "../rpc/services/worker-service.ts";

/** What a store is made of. */
export interface BundleStoreOptions {
  /** The leader, as soon as there is one. */
  readonly leader: (signal: AbortSignal) => Promise<Channel>;
  readonly clock: Clock;
  /** Aborted when the worker ends. */
  readonly signal: AbortSignal;
}

/** Bundles of jobs that are over; a bundle is some hundred KB mostly. */
const IDLE_MAX = 8;
/** Between two tries to get one from leaders that break off. */
const RETRY_MS = 500;
/** For a whole bundle to come. */
const FETCH_DEADLINE_MS = 120_000;

interface Entry {
  readonly bundle: Promise<JobBundle>;
  users: number;
}

/** See the head of this file. */
export class BundleStore {
  readonly #options: BundleStoreOptions;
  /** By hash; those without users in the order in which they lost the last. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: BundleStoreOptions) {
    this.#options = options;
  }

  /** The bundle, which is kept until it is given back as often as it was taken. */
  take(hash: string): Promise<JobBundle> {
    let entry = this.#entries.get(hash);
    if (entry === undefined) {
      const made: Entry = { bundle: this.#fetch(hash), users: 0 };
      entry = made;
      this.#entries.set(hash, made);
      // Those who wait for it are told; who comes later may have more luck.
      made.bundle.catch(() => {
        if (this.#entries.get(hash) === made) this.#entries.delete(hash);
      });
    }
    entry.users++;
    return entry.bundle;
  }

  giveBack(hash: string): void {
    const entry = this.#entries.get(hash);
    if (entry === undefined || --entry.users > 0) return;
    this.#entries.delete(hash);
    this.#entries.set(hash, entry);
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    for (const [oldest] of idle.slice(0, Math.max(0, idle.length - IDLE_MAX))) {
      this.#entries.delete(oldest);
    }
  }

  /** Asks one leader after the other, until one has it or says that it has not. */
  async #fetch(hash: string): Promise<JobBundle> {
    const { leader, clock, signal } = this.#options;
    for (;;) {
      const channel = await leader(signal);
      try {
        const bytes = await download(channel, hash, signal);
        const found = bundleHash(bytes);
        if (found !== hash) throw damaged(channel, hash);
        return unpackBundle(bytes);
      } catch (thrown) {
        signal.throwIfAborted();
        if (!mayHelpToRetry(thrown)) throw thrown;
      }
      await clock.wait(RETRY_MS, signal);
    }
  }
}

function download(channel: Channel, hash: string, signal: AbortSignal): Promise<Uint8Array> {
  const options = { signal, deadlineMs: FETCH_DEADLINE_MS };
  return joinChunks(stub(workerService, channel).getBundle(hash, options));
}

/** A leader that went away, or a follower by now: the next one will have it. */
function mayHelpToRetry(thrown: unknown): boolean {
  if (!(thrown instanceof SheafError)) return false;
  return ["CLUSTER_UNREACHABLE", "NOT_LEADER", "CANCELLED", "LIMIT_REACHED"].includes(thrown.code);
}

function damaged({ peer }: Channel, hash: string): SheafError {
  return new SheafError(
    "NOT_FOUND",
    `Cannot use the bundle ${hash.slice(0, 16)} from ${peer}: the bytes that came have another hash.`,
  );
}
