/**
 * A server: the one place where a node begins to listen. It checks that it is safe to, sets every
 * bound, and puts together the door (who connects), the gate (who may call what) and the services.
 */

import { Server, ServerCredentials } from "@grpc/grpc-js";
import { MESSAGE_BYTES_MAX } from "../limits.ts";
import { type Address, addressText, checkListen } from "../security/address.ts";
import type { TlsIdentity } from "../security/tls-identity.ts";
import type { Token } from "../security/token.ts";
import { Door } from "./door.ts";
import { gate } from "./gate.ts";
import { SERVER_LIMITS, type ServerLimits } from "./limits.ts";
import { grpcDefinition, grpcHandlers, type OnBug, type Service } from "./serve.ts";

/** What a server is made of. */
export interface RpcServerOptions {
  readonly address: Address;
  readonly tls: TlsIdentity | undefined;
  /** For services that clients call; where it is set, they need it or a certificate. */
  readonly token: Token | undefined;
  readonly services: readonly Service[];
  readonly limits?: Partial<ServerLimits>;
  /** Refusals, failed handshakes, connections that were ended: for a log. Never holds a secret. */
  readonly onTrouble?: (trouble: string) => void;
  /** What a handler threw that is no expected failure. */
  readonly onBug?: OnBug;
}

/** Time for calls to end by themselves when a server is closed. */
const CLOSE_MS = 2000;

/** A server that listens. */
export class RpcServer {
  readonly #server: Server;
  readonly #door: Door;
  /** Where it listens, with the port that the system chose if none was given. */
  readonly address: Address;

  private constructor(server: Server, door: Door, address: Address) {
    this.#server = server;
    this.#door = door;
    this.address = address;
  }

  /** Throws `USAGE` where it is not safe, or not possible, to listen. */
  static async listen(options: RpcServerOptions): Promise<RpcServer> {
    const { address, tls, token, services } = options;
    const hasClients = services.some(({ contract }) =>
      Object.values(contract.methods).some(({ callers }) => callers.includes("client")),
    );
    checkListen(address, {
      hasTls: tls !== undefined,
      hasToken: hasClients ? token !== undefined : undefined,
    });
    const limits = { ...SERVER_LIMITS, messageBytesMax: MESSAGE_BYTES_MAX, ...options.limits };
    const { onTrouble = () => {}, onBug = () => {} } = options;
    const door = new Door({
      tls,
      limits,
      onTrouble,
      admit: (socket) => injector.injectConnection(socket),
    });
    const methods = new Map(
      services.flatMap(({ contract }) =>
        Object.values(contract.methods).map((method) => [method.path, method] as const),
      ),
    );
    const server = new Server({
      "grpc.enable_channelz": 0,
      "grpc.max_concurrent_streams": limits.streamsMax,
      "grpc.max_receive_message_length": limits.messageBytesMax,
      "grpc.max_connection_idle_ms": limits.idleMs,
      "grpc.keepalive_time_ms": limits.keepaliveMs,
      "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
      interceptors: [gate({ door, token, hasTls: tls !== undefined, methods, onTrouble })],
    });
    // The door has done what there is to do about TLS.
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    for (const service of services) {
      server.addService(grpcDefinition(service.contract), grpcHandlers(service, onBug));
    }
    const port = await door.listen(address);
    return new RpcServer(server, door, { host: address.host, port });
  }

  /** "host:port". */
  get addressText(): string {
    return addressText(this.address);
  }

  get connections(): number {
    return this.#door.connections;
  }

  /** Stops listening, lets calls end for a moment, then ends what is left. */
  async close(graceMs = CLOSE_MS): Promise<void> {
    this.#door.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    const calls = new Promise<void>((resolve) => this.#server.tryShutdown(() => resolve()));
    await Promise.race([calls, grace]);
    clearTimeout(timer);
    this.#door.destroy();
    this.#server.forceShutdown();
  }
}
