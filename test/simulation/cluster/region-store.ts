/**
 * The map outputs on one life of a worker, and the regions that it has brought from others. All of it
 * is gone with the process.
 */

import { SheafError } from "../../../src/base/error.ts";
import type { Incarnation, JobId } from "../../../src/base/ids.ts";
import { attemptKey } from "../../../src/rpc/attempt-name.ts";
import type { FoundRegion, RegionName } from "../../../src/rpc/regions/region-shelf.ts";
import type { AnyAttemptRef } from "../../../src/rpc/wire/attempt.ts";
import type { FetchFault } from "../../../src/rpc/wire/from-worker.ts";
import type { RunRegion } from "../../../src/shuffle/merge-runs.ts";
import { regionFault, type WantedRegion } from "../../../src/worker/fetch/wanted-region.ts";
import type { Chance } from "../../storage/support/chance.ts";
import { sizeOf } from "../workload/workload.ts";
import { call } from "../world/call.ts";
import type { Process } from "../world/host.ts";
import type { Numbers } from "../world/mounted-folder.ts";
import type { Network } from "../world/network.ts";
import type { Directory } from "./directory.ts";

/** What a worker answers that is asked for a region. */
export type RegionAnswer = { readonly numbers: Numbers } | { readonly fault: FetchFault };

const FETCH_TIMEOUT_MS = 3000;

/** See the head of this file. */
export class RegionStore {
  readonly #process: Process;
  readonly #incarnation: Incarnation;
  readonly #network: Network;
  readonly #directory: Directory;
  readonly #outputs = new Map<string, readonly Numbers[]>();
  readonly #jobs = new Map<string, JobId>();
  readonly #corrupt = new Set<string>();
  readonly #fetched = new Map<string, Numbers>();
  #fetches = 0;

  constructor(process: Process, incarnation: Incarnation, network: Network, directory: Directory) {
    this.#process = process;
    this.#incarnation = incarnation;
    this.#network = network;
    this.#directory = directory;
  }

  /** A map has put this out, by partition. */
  keep(ref: AnyAttemptRef, output: readonly Numbers[]): void {
    this.#outputs.set(attemptKey(ref), output);
    this.#jobs.set(attemptKey(ref), ref.job);
  }

  forget(job: JobId): void {
    for (const [key, of] of this.#jobs) if (of === job) this.#lose(key);
  }

  /** Some of its files are gone, or hold something else. */
  damage(chance: Chance): void {
    for (const key of [...this.#outputs.keys()]) {
      const what = chance.below(4);
      if (what === 0) this.#lose(key);
      else if (what === 1) this.#corrupt.add(key);
    }
  }

  /** A region of this worker's own, for the worker's own code. Throws if it is not here. */
  find({ producer, partition }: RegionName): FoundRegion {
    const numbers = this.#outputs.get(attemptKey(producer))?.[partition];
    if (numbers === undefined || this.#corrupt.has(attemptKey(producer))) {
      throw new SheafError("REGION_UNAVAILABLE", "This worker has no such output.");
    }
    const path = `own ${attemptKey(producer)} ${partition}`;
    this.#fetched.set(path, numbers);
    return { path, offset: 0, lengthBytes: sizeOf(numbers) };
  }

  /** What another worker is answered. */
  serve(incarnation: Incarnation, producer: AnyAttemptRef, partition: number): RegionAnswer {
    const { sometimes } = this.#process.world;
    const key = attemptKey(producer);
    const numbers = this.#outputs.get(key)?.[partition];
    if (incarnation !== this.#incarnation || numbers === undefined) {
      sometimes.saw("output gone");
      return { fault: "gone" };
    }
    if (!this.#corrupt.has(key)) return { numbers };
    sometimes.saw("region corrupt");
    return { fault: "corrupt" };
  }

  /** Brings a region here from another worker. */
  async fetch(wanted: WantedRegion, signal: AbortSignal): Promise<RunRegion> {
    const { source, producer, partition, region } = wanted;
    const answer = await this.#ask(wanted);
    signal.throwIfAborted();
    if ("fault" in answer) throw regionFault(wanted, answer.fault, "Simulated");
    if (sizeOf(answer.numbers) !== region.lengthBytes) throw regionFault(wanted, "length", "Short");
    const path = `fetched ${this.#fetches++} from ${source.worker} of ${producer.task} ${partition}`;
    this.#fetched.set(path, answer.numbers);
    return { path, offset: 0, ...region };
  }

  /** What is in a region that is here; nothing in one that is empty and was never brought. */
  read(path: string): Numbers {
    return this.#fetched.get(path) ?? [];
  }

  async #ask({ source, producer, partition }: WantedRegion): Promise<RegionAnswer> {
    const worker = this.#directory.workers.get(source.address);
    try {
      return await call(this.#network, {
        from: this.#process,
        to: worker?.host,
        timeoutMs: FETCH_TIMEOUT_MS,
        serve: async () => {
          const answer = worker?.life?.store.serve(source.incarnation, producer, partition);
          return answer ?? { fault: "gone" };
        },
      });
    } catch (thrown) {
      if (!(thrown instanceof SheafError)) throw thrown;
      this.#process.world.sometimes.saw("region out of reach");
      return { fault: "unreachable" };
    }
  }

  #lose(key: string): void {
    this.#outputs.delete(key);
    this.#jobs.delete(key);
  }
}
