/**
 * The order in which regions are fetched: so many at once in all, fewer from one worker, and the
 * attempts of this worker in turn, so that one with ten thousand regions does not keep out one with
 * ten. A worker that refused or could not be reached rests for a moment before it is asked again.
 *
 * What always holds: whoever wanted a region is answered once, with the region or why not, unless it
 * has called off what it wanted.
 */

import type { Cancel, Clock } from "../../base/clock.ts";
import { SheafError } from "../../base/error.ts";
import type { RegionSource } from "../../rpc/wire/region.ts";
import type { RunRegion } from "../../shuffle/merge-runs.ts";
import type { RegionFile } from "./region-file.ts";
import { type FetchRegion, faultOf, type WantedRegion } from "./wanted-region.ts";

/** The bounds of a queue. */
export interface FetchLimits {
  readonly streamsMax: number;
  readonly streamsPerSourceMax: number;
  /** How often a worker may say that it is busy before that is taken for a refusal. */
  readonly busyTriesMax: number;
  readonly restMsMin: number;
  readonly restMsMax: number;
}

export const FETCH_LIMITS: FetchLimits = {
  streamsMax: 6,
  streamsPerSourceMax: 2,
  busyTriesMax: 10,
  restMsMin: 100,
  restMsMax: 5000,
};

interface Wanted {
  readonly what: WantedRegion;
  readonly requester: FetchRequester;
  readonly signal: AbortSignal;
  readonly resolve: (region: RunRegion) => void;
  readonly reject: (reason: unknown) => void;
  busyTries: number;
}

/** One worker that regions are fetched from. */
interface Source {
  streams: number;
  /** Failures in a row. */
  failures: number;
  restUntilMs: number;
}

/** See the head of this file. */
export class FetchQueue {
  readonly #fetch: FetchRegion;
  readonly #clock: Clock;
  readonly #limits: FetchLimits;
  /** In the order in which it is their turn. */
  readonly #requesters = new Set<FetchRequester>();
  readonly #sources = new Map<string, Source>();
  #streams = 0;
  #cancelWake: Cancel | undefined;

  constructor(fetch: FetchRegion, clock: Clock, limits: Partial<FetchLimits> = {}) {
    this.#fetch = fetch;
    this.#clock = clock;
    this.#limits = { ...FETCH_LIMITS, ...limits };
  }

  /** Somebody whose turn comes as often as that of any other; what is fetched goes into the file. */
  requester(into: RegionFile): FetchRequester {
    return new FetchRequester(into, (requester) => {
      this.#requesters.add(requester);
      this.#pump();
    });
  }

  /** Starts what may be started. */
  #pump(): void {
    while (this.#streams < this.#limits.streamsMax) {
      const wanted = this.#next();
      if (wanted === undefined) break;
      void this.#run(wanted);
    }
    this.#scheduleWake();
  }

  #next(): Wanted | undefined {
    const isFree = (source: RegionSource) => this.#isFree(source);
    for (const requester of this.#requesters) {
      const wanted = requester.take(isFree);
      if (requester.isEmpty) this.#requesters.delete(requester);
      if (wanted === undefined) continue;
      if (this.#requesters.delete(requester)) this.#requesters.add(requester);
      return wanted;
    }
    return undefined;
  }

  #isFree({ incarnation }: RegionSource): boolean {
    const source = this.#sources.get(incarnation);
    if (source === undefined) return true;
    const { streams, restUntilMs } = source;
    return streams < this.#limits.streamsPerSourceMax && restUntilMs <= this.#clock.nowMs();
  }

  async #run(wanted: Wanted): Promise<void> {
    const { what, requester, signal, resolve, reject } = wanted;
    const key = what.source.incarnation;
    const source = this.#sources.get(key) ?? { streams: 0, failures: 0, restUntilMs: 0 };
    this.#sources.set(key, source);
    source.streams++;
    this.#streams++;
    let isToBeTriedAgain = false;
    try {
      const region = await this.#fetch(what, requester.into, signal);
      source.failures = 0;
      resolve(region);
    } catch (thrown) {
      isToBeTriedAgain = this.#failed(source, wanted, thrown);
      if (!isToBeTriedAgain) reject(thrown);
    }
    source.streams--;
    this.#streams--;
    if (source.streams === 0 && source.failures === 0) this.#sources.delete(key);
    if (isToBeTriedAgain) {
      wanted.busyTries++;
      requester.put(wanted);
    }
    this.#pump();
  }

  /** Lets the source rest, if that may help; says whether this region is to be asked for again. */
  #failed(source: Source, { signal, busyTries }: Wanted, thrown: unknown): boolean {
    const fault = faultOf(thrown);
    if (signal.aborted || fault === undefined) return false;
    if (fault !== "refused" && fault !== "unreachable" && fault !== "timeout") return false;
    const { restMsMin, restMsMax, busyTriesMax } = this.#limits;
    const restMs = Math.min(restMsMax, restMsMin * 2 ** Math.min(source.failures, 20));
    source.failures++;
    source.restUntilMs = this.#clock.nowMs() + restMs * (0.5 + this.#clock.random() / 2);
    return isBusy(thrown) && busyTries < busyTriesMax;
  }

  /** Wakes up when the first of the sources that rest has rested. */
  #scheduleWake(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    if (this.#requesters.size === 0 || this.#streams >= this.#limits.streamsMax) return;
    const nowMs = this.#clock.nowMs();
    let firstMs = Number.POSITIVE_INFINITY;
    for (const [key, { streams, restUntilMs }] of this.#sources) {
      // So long after its rest, its next failure is its first.
      const isOver = streams === 0 && restUntilMs + this.#limits.restMsMax < nowMs;
      if (isOver) this.#sources.delete(key);
      if (restUntilMs > nowMs) firstMs = Math.min(firstMs, restUntilMs);
    }
    if (firstMs === Number.POSITIVE_INFINITY) return;
    this.#cancelWake = this.#clock.after(firstMs - nowMs + 1, () => this.#pump());
  }

  /** Nothing is started any more. */
  close(): void {
    this.#requesters.clear();
    this.#cancelWake?.();
  }
}

/** What one attempt wants, by the workers that have it. */
export class FetchRequester {
  readonly into: RegionFile;
  readonly #onWanted: (requester: FetchRequester) => void;
  /** By incarnation, in the order in which it is their turn. */
  readonly #wanted = new Map<string, Wanted[]>();

  constructor(into: RegionFile, onWanted: (requester: FetchRequester) => void) {
    this.into = into;
    this.#onWanted = onWanted;
  }

  get isEmpty(): boolean {
    return this.#wanted.size === 0;
  }

  /**
   * A region, whole and verified, in the file of this requester.
   *
   * @throws SheafError `REGION_UNAVAILABLE`, `NO_SPACE`; or the reason of the signal.
   */
  fetch(what: WantedRegion, signal: AbortSignal): Promise<RunRegion> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      // One that is under way is told by the signal itself.
      const abort = () => reject(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      const settled = () => signal.removeEventListener("abort", abort);
      this.put({
        what,
        requester: this,
        signal,
        resolve: (region) => {
          settled();
          resolve(region);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
        busyTries: 0,
      });
    });
  }

  put(wanted: Wanted): void {
    const { incarnation } = wanted.what.source;
    const list = this.#wanted.get(incarnation);
    if (list === undefined) this.#wanted.set(incarnation, [wanted]);
    else list.push(wanted);
    this.#onWanted(this);
  }

  /** The next that may be fetched now, if there is one. */
  take(isFree: (source: RegionSource) => boolean): Wanted | undefined {
    for (const [incarnation, list] of this.#wanted) {
      while (list.length > 0 && list[0]!.signal.aborted) list.shift();
      if (list.length === 0) {
        this.#wanted.delete(incarnation);
        continue;
      }
      if (!isFree(list[0]!.what.source)) continue;
      const wanted = list.shift()!;
      // The next turn is another worker's.
      this.#wanted.delete(incarnation);
      if (list.length > 0) this.#wanted.set(incarnation, list);
      return wanted;
    }
    return undefined;
  }
}

/** Whether a worker has said that it serves as many as it can. */
function isBusy(thrown: unknown): boolean {
  const cause = thrown instanceof SheafError ? thrown.cause : undefined;
  return cause instanceof SheafError && cause.code === "LIMIT_REACHED";
}
