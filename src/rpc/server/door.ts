/**
 * The door of a server: it accepts connections, has those that use TLS show who they are, and hands
 * them on to HTTP/2. @grpc/grpc-js would listen by itself, but without a bound on connections, on the
 * time that a handshake takes, or on those who connect and say nothing.
 *
 * What always holds: there are at most `connectionsMax` connections, and at most `strangersMax` of
 * those who have not shown that they may call; a stranger stays for `strangerMs`. So a slow
 * handshake, half a request, or a thousand silent sockets end by themselves and keep nobody out.
 */

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { assert } from "../../base/assert.ts";
import { messageOf, SheafError, systemCodeOf } from "../../base/error.ts";
import { type Address, addressText } from "../security/address.ts";
import { type Role, rolesOf } from "../security/role.ts";
import type { TlsIdentity } from "../security/tls-identity.ts";
import type { ServerLimits } from "./limits.ts";

/** Who is at the other end of a connection. */
export interface Peer {
  /** "host:port", for logs. */
  readonly address: string;
  /** What its certificate is for; none without one. */
  readonly roles: readonly Role[];
  /** Why its certificate counts for nothing, if it showed one that does not. */
  readonly refusedBecause: string | undefined;
  /** Ends the connection, with all its calls. */
  readonly hangUp: (why: string) => void;
}

interface Connection {
  readonly socket: Socket;
  peer: Peer;
  /** Undefined once it has shown that it may call. */
  strangerTimer: NodeJS.Timeout | undefined;
}

/** What a door is made of. */
export interface DoorOptions {
  readonly tls: TlsIdentity | undefined;
  readonly limits: ServerLimits;
  /** Takes a connection that is ready to speak HTTP/2. */
  readonly admit: (socket: Socket) => void;
  /** Called with what went wrong at the door; a log may want it. */
  readonly onTrouble: (trouble: string) => void;
}

/** See the head of this file. */
export class Door {
  readonly #options: DoorOptions;
  readonly #server: Server;
  /** By the peer's address, which no two connections to one port share. */
  readonly #connections = new Map<string, Connection>();
  /** The keys of strangers, the oldest first. */
  readonly #strangers = new Set<string>();

  constructor(options: DoorOptions) {
    this.#options = options;
    const { tls, limits, admit } = options;
    if (tls === undefined) {
      this.#server = createServer((socket) => {
        if (this.#accept(socket)) admit(socket);
      });
      return;
    }
    const server = createTlsServer({
      ...tls.options,
      // A client may have a token in place of a certificate; which calls need one, the gate decides.
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ["h2"],
      handshakeTimeout: limits.strangerMs,
    });
    server.prependListener("connection", (socket: Socket) => this.#accept(socket));
    server.on("secureConnection", (socket) => this.#identify(socket));
    server.on("tlsClientError", (error, socket) => {
      options.onTrouble(`TLS with ${keyOf(socket) ?? "a peer"} failed: ${messageOf(error)}`);
      socket.destroy();
    });
    this.#server = server;
  }

  /** Who calls from a "host:port"; undefined if the connection is gone. */
  peerOf(key: string): Peer | undefined {
    return this.#connections.get(key)?.peer;
  }

  /** The peer may call: it is no stranger any more. */
  welcome(key: string): void {
    const connection = this.#connections.get(key);
    if (connection === undefined) return;
    clearTimeout(connection.strangerTimer);
    connection.strangerTimer = undefined;
    this.#strangers.delete(key);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Listens, and resolves to the port. Throws `USAGE` if that cannot be. */
  listen(address: Address): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once("error", (error) => {
        const reason = LISTEN_REASONS[systemCodeOf(error) ?? ""] ?? messageOf(error);
        const message = `Cannot listen on ${addressText(address)}: ${reason}.`;
        reject(new SheafError("USAGE", message, { cause: error }));
      });
      server.listen({ host: address.host, port: address.port }, () => {
        server.removeAllListeners("error");
        // Out of file descriptors, most likely: the connection is lost, the server is not.
        server.on("error", (error) => this.#options.onTrouble(messageOf(error)));
        const bound = server.address();
        assert(bound !== null && typeof bound === "object", "a TCP server has an address");
        resolve(bound.port);
      });
    });
  }

  /** Accepts nobody any more; connections stay. */
  close(): void {
    this.#server.close();
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  /** Takes a connection in, or ends it; says which. */
  #accept(socket: Socket): boolean {
    const { limits, onTrouble } = this.#options;
    const key = keyOf(socket);
    socket.on("error", () => socket.destroy());
    if (key === undefined) {
      socket.destroy();
      return false;
    }
    if (this.#strangers.size >= limits.strangersMax) {
      const [oldest] = this.#strangers;
      this.#end(oldest!, "made way for another stranger");
    }
    if (this.#connections.size >= limits.connectionsMax) {
      onTrouble(`${key} was turned away: there are ${limits.connectionsMax} connections already`);
      socket.destroy();
      return false;
    }
    socket.setNoDelay(true);
    const strangerTimer = setTimeout(
      () => this.#end(key, `made no call that is allowed within ${limits.strangerMs} ms`),
      limits.strangerMs,
    );
    strangerTimer.unref();
    const hangUp = (why: string) => {
      onTrouble(`${key} ${why}`);
      socket.destroy();
    };
    const peer = { address: key, roles: [], refusedBecause: undefined, hangUp };
    const connection: Connection = { socket, peer, strangerTimer };
    this.#connections.set(key, connection);
    this.#strangers.add(key);
    socket.once("close", () => {
      clearTimeout(connection.strangerTimer);
      // The peer may have come again from the same port by now.
      if (this.#connections.get(key) !== connection) return;
      this.#connections.delete(key);
      this.#strangers.delete(key);
    });
    return true;
  }

  #end(key: string, why: string): void {
    this.#strangers.delete(key);
    this.#connections.get(key)?.peer.hangUp(why);
  }

  /** After the handshake: what the certificate says. */
  #identify(socket: TLSSocket): void {
    const key = keyOf(socket);
    const connection = key === undefined ? undefined : this.#connections.get(key);
    socket.on("error", () => socket.destroy());
    if (key === undefined || connection === undefined) {
      socket.destroy();
      return;
    }
    if (socket.alpnProtocol !== "h2") {
      this.#end(key, "speaks no HTTP/2");
      return;
    }
    const certificate = socket.getPeerCertificate();
    const isShown = Object.keys(certificate).length > 0;
    if (isShown && socket.authorized) {
      const roles = rolesOf(certificate);
      const refusedBecause = roles.length > 0 ? undefined : "it is for no role of a cluster";
      connection.peer = { ...connection.peer, roles, refusedBecause };
      if (roles.length > 0) this.welcome(key);
    } else if (isShown) {
      // Kept, so that the calls are refused with words; it may do no more than one without any.
      const reason = String(socket.authorizationError);
      const refusedBecause = CERTIFICATE_REASONS[reason] ?? reason;
      connection.peer = { ...connection.peer, refusedBecause };
      this.#options.onTrouble(`The certificate of ${key} was refused: ${refusedBecause}`);
    }
    this.#options.admit(socket);
  }
}

const LISTEN_REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process listens there",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "the system does not allow it",
  ENOTFOUND: "there is no host of this name",
};

const CERTIFICATE_REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "another authority signed it",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "another authority signed it",
  SELF_SIGNED_CERT_IN_CHAIN: "another authority signed it",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself",
  CERT_SIGNATURE_FAILURE: "its signature is wrong",
  INVALID_PURPOSE: "it is for other purposes",
};

/** The peer's "host:port", by which gRPC names it too; undefined if it is gone. */
function keyOf(socket: Socket): string | undefined {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return `${remoteAddress}:${remotePort}`;
}
