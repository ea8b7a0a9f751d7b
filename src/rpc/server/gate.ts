/**
 * The gate: every call passes it before a byte of its request is decoded. It knows who calls, whether
 * that is enough for the method, and ends calls whose request does not come.
 *
 *     who calls                            may call
 *     master, worker, client by their      methods for that role
 *       certificate
 *     anyone with the client token         methods for clients
 *     anyone on loopback without TLS       everything; with the token, where one is set
 *     anyone                               the health service
 */

import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import type { AnyMethod } from "../contract.ts";
import type { Role } from "../security/role.ts";
import type { Token } from "../security/token.ts";
import { refusal } from "../status.ts";
import type { Door, Peer } from "./door.ts";

/** What a gate goes by. */
export interface GateOptions {
  readonly door: Pick<Door, "peerOf" | "welcome">;
  /** Undefined where no token is set. */
  readonly token: Token | undefined;
  readonly hasTls: boolean;
  /** By their paths. */
  readonly methods: ReadonlyMap<string, AnyMethod>;
  readonly onTrouble: (trouble: string) => void;
}

const peers = new WeakMap<Metadata, Peer>();

/** Who made the call whose metadata this is. */
export function peerOfCall(metadata: Metadata): Peer | undefined {
  return peers.get(metadata);
}

/** Makes the interceptor that stands before every method of a server. */
export function gate(options: GateOptions): ServerInterceptor {
  const { door, methods, onTrouble } = options;
  return (definition, call) => {
    const method = methods.get(definition.path);
    const { remoteAddress, remotePort } = call.getConnectionInfo();
    const key = `${remoteAddress}:${remotePort}`;
    let timer: NodeJS.Timeout | undefined;
    const expect = (ms: number | undefined): void => {
      clearTimeout(timer);
      if (ms === undefined || !Number.isFinite(ms)) return;
      timer = setTimeout(() => {
        call.sendStatus(refusal(status.DEADLINE_EXCEEDED, `No request came within ${ms} ms.`));
      }, ms);
      timer.unref();
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const peer = door.peerOf(key);
        const refused = judge(method, peer, metadata, options);
        if (refused !== undefined) {
          onTrouble(`${key} was refused ${definition.path}: ${refused.details}`);
          call.sendStatus(refused);
          return;
        }
        if (method?.callers !== "anyone") door.welcome(key);
        if (peer !== undefined) peers.set(metadata, peer);
        // Nobody but the gate has any business with it.
        metadata.remove("authorization");
        expect(method?.requestTimeoutMs);
        next(metadata);
      })
      .withOnReceiveMessage((message, next) => {
        expect(method?.requestTimeoutMs);
        next(message);
      })
      .withOnReceiveHalfClose((next) => {
        expect(undefined);
        next();
      })
      .withOnCancel(() => expect(undefined))
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((sent, next) => {
        expect(undefined);
        next(sent);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

/** Why a call is refused; undefined if it is allowed. */
function judge(
  method: AnyMethod | undefined,
  peer: Peer | undefined,
  metadata: Metadata,
  { token, hasTls }: GateOptions,
): StatusObject | undefined {
  if (method === undefined) return refusal(status.UNIMPLEMENTED, "There is no such method.");
  if (peer === undefined) return refusal(status.UNAVAILABLE, "The connection is gone.");
  const { callers } = method;
  if (headerBytes(metadata) > HEADER_BYTES_MAX) {
    const words = `The headers of the call have more than ${HEADER_BYTES_MAX} bytes.`;
    return refusal(status.RESOURCE_EXHAUSTED, words);
  }
  if (callers === "anyone") return undefined;
  const [header] = metadata.get("authorization");
  const hasToken = token?.isIn(typeof header === "string" ? header : undefined) === true;
  if (!hasTls) {
    if (token === undefined || hasToken) return undefined;
    return refusal(status.UNAUTHENTICATED, TOKEN_NEEDED);
  }
  if (peer.refusedBecause !== undefined) {
    const words = `Your certificate was refused: ${peer.refusedBecause}. To make one: sheaf certs.`;
    return refusal(status.UNAUTHENTICATED, words);
  }
  if (peer.roles.some((role) => callers.includes(role))) return undefined;
  if (hasToken && callers.includes("client")) return undefined;
  if (peer.roles.length > 0) {
    const words = `${method.path} is for ${inWords(callers)}, not for a ${peer.roles.join(" and ")}.`;
    return refusal(status.PERMISSION_DENIED, words);
  }
  if (!callers.includes("client")) {
    return refusal(
      status.UNAUTHENTICATED,
      `${method.path} needs a certificate of ${inWords(callers)}.`,
    );
  }
  const words = token === undefined ? `${method.path} needs a client's certificate.` : TOKEN_NEEDED;
  return refusal(status.UNAUTHENTICATED, words);
}

/**
 * Our own callers send 200 bytes. HTTP/2 has seen to it that there are at most 128 headers of 64 KiB;
 * @grpc/grpc-js passes no lower bound on to it.
 */
const HEADER_BYTES_MAX = 16 * 1024;

function headerBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata.toHttp2Headers())) {
    for (const one of [value].flat()) bytes += name.length + String(one).length;
  }
  return bytes;
}

const TOKEN_NEEDED =
  "The call needs the client token, as --token-file or $SHEAF_TOKEN gives it, or a client's certificate.";

function inWords(roles: readonly Role[]): string {
  return roles.map((role) => `${role}s`).join(" and ");
}
