/**
 * A worker that others fetch regions from, and that does with each request what a test says. A real
 * server on loopback. `await using` ends it.
 */

import { incarnation, workerName } from "../../../src/base/ids.ts";
import type { RpcServer } from "../../../src/rpc/server/rpc-server.ts";
import { service } from "../../../src/rpc/server/serve.ts";
import { regionService } from "../../../src/rpc/services/region-service.ts";
import type { RegionSource } from "../../../src/rpc/wire/region.ts";
import { RegionChunk, type RegionRequest } from "../../../src/rpc/wire/region-calls.ts";
import { Bell } from "../../support/bell.ts";
import { RpcNodes } from "../../support/rpc-nodes.ts";

/** What is done with a request: the bytes to send, one chunk after the other. */
export type Serve = (request: RegionRequest, signal: AbortSignal) => AsyncIterable<Uint8Array>;

let sources = 0;

/** See the head of this file. */
export class ScriptedSource {
  readonly requests: RegionRequest[] = [];
  /** The most that were served at once. */
  atOnceMax = 0;
  #atOnce = 0;
  readonly #nodes = new RpcNodes();
  #server: RpcServer | undefined;
  readonly #serve: Serve;
  readonly #incarnation = incarnation(`w-scripted-${++sources}`);
  readonly #bell = new Bell();

  private constructor(serve: Serve) {
    this.#serve = serve;
  }

  static async start(serve: Serve): Promise<ScriptedSource> {
    const source = new ScriptedSource(serve);
    const scripted = service(regionService, {
      fetchRegion: (request, { signal }) => source.#answer(request, signal),
    });
    source.#server = await source.#nodes.listen([scripted]);
    return source;
  }

  get source(): RegionSource {
    const address = this.#server!.addressText;
    return { worker: workerName("scripted"), incarnation: this.#incarnation, address };
  }

  /** Resolves when so many requests have come. */
  async asked(count: number): Promise<void> {
    await this.#bell.until(() => this.requests.length >= count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nodes.close();
  }

  async *#answer(request: RegionRequest, signal: AbortSignal): AsyncGenerator<RegionChunk> {
    this.requests.push(request);
    this.#bell.ring();
    this.#atOnce++;
    this.atOnceMax = Math.max(this.atOnceMax, this.#atOnce);
    try {
      for await (const data of this.#serve(request, signal)) yield RegionChunk.of(data);
    } finally {
      this.#atOnce--;
    }
  }
}

/** Resolves when a request is called off. */
export function calledOff(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
