/**
 * Stands between a master and its workers as the master that they know, and passes on all that they
 * say: for measuring how long each ping takes to be answered, from where the master is.
 */

import { Channel } from "../../src/rpc/client/channel.ts";
import { type Stub, stub } from "../../src/rpc/client/stub.ts";
import { parseAddress } from "../../src/rpc/security/address.ts";
import { RpcServer } from "../../src/rpc/server/rpc-server.ts";
import { service } from "../../src/rpc/server/serve.ts";
import { workerService } from "../../src/rpc/services/worker-service.ts";
import type { FromMaster } from "../../src/rpc/wire/from-master.ts";
import type { FromWorker } from "../../src/rpc/wire/from-worker.ts";

/** See the head of this file. `await using` ends it. */
export class PingRelay {
  /** Of all pings that were answered, how long that took, in ms. */
  readonly answersMs: number[] = [];
  readonly #channel: Channel;
  readonly #master: Stub<typeof workerService>;
  #server: RpcServer | undefined;

  private constructor(master: string) {
    const address = parseAddress("The master", master);
    this.#channel = new Channel({ address, role: "master", tls: undefined });
    this.#master = stub(workerService, this.#channel);
  }

  /** @param master where the master listens, "host:port". */
  static async start(master: string): Promise<PingRelay> {
    const relay = new PingRelay(master);
    const relayed = service(workerService, {
      session: (requests) => relay.#converse(requests),
      getBundle: (hash) => relay.#master.getBundle(hash),
    });
    const address = { host: "127.0.0.1", port: 0 };
    relay.#server = await RpcServer.listen({
      ...{ address, tls: undefined, token: undefined, services: [relayed] },
    });
    return relay;
  }

  /** Where workers find it, "host:port". */
  get address(): string {
    return this.#server!.addressText;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close(0);
    this.#channel.close();
  }

  async *#converse(requests: AsyncIterable<FromWorker>): AsyncGenerator<FromMaster> {
    const pingedMs = new Map<number, number>();
    for await (const said of this.#master.session(this.#heard(requests, pingedMs))) {
      const { message } = said;
      if (message.type === "ping") pingedMs.set(message.sequence, performance.now());
      yield said;
    }
  }

  async *#heard(
    requests: AsyncIterable<FromWorker>,
    pingedMs: Map<number, number>,
  ): AsyncGenerator<FromWorker> {
    for await (const said of requests) {
      const { message } = said;
      if (message.type === "pong") {
        this.answersMs.push(performance.now() - pingedMs.get(message.sequence)!);
        pingedMs.delete(message.sequence);
      }
      yield said;
    }
  }
}
