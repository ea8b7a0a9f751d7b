/**
 * A channel to one node: the one place where connections are made. It connects when it is first
 * used, again after a failure (soon, and then ever less often, up to a bound), and finds out by
 * itself when the other side is gone without a word. The node must show a certificate of the
 * cluster's authority for the role that is called.
 */

import type { PeerCertificate } from "node:tls";
import { ChannelCredentials, Client, type ClientOptions, Metadata } from "@grpc/grpc-js";
import { SheafError } from "../../base/error.ts";
import { MESSAGE_BYTES_MAX } from "../limits.ts";
import { type Address, addressText, isLoopback } from "../security/address.ts";
import { type Role, rolesOf } from "../security/role.ts";
import type { TlsIdentity } from "../security/tls-identity.ts";
import type { Token } from "../security/token.ts";

/** Whom to call, and as whom. */
export interface ChannelOptions {
  readonly address: Address;
  /** What the other side must be. */
  readonly role: Role;
  /** Undefined: without TLS, which only loopback allows. */
  readonly tls: TlsIdentity | undefined;
  /** Sent with every call, if there is one. */
  readonly token?: Token | undefined;
  readonly limits?: Partial<ChannelLimits>;
}

/** The bounds of a channel. */
export interface ChannelLimits {
  /** Before the first new try to connect, and the most before any. */
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
  /** After so long without a byte the other side is asked whether it is there... */
  readonly keepaliveMs: number;
  /** ...and has so long to answer. */
  readonly keepaliveTimeoutMs: number;
  /** What one message may have. */
  readonly messageBytesMax: number;
  /** Bytes that may be under way to us, of one stream and of all. */
  readonly flowWindowBytes: number;
}

const MIB = 1024 * 1024;

export const CHANNEL_LIMITS: ChannelLimits = {
  reconnectMsMin: 100,
  reconnectMsMax: 2000,
  keepaliveMs: 10_000,
  keepaliveTimeoutMs: 5000,
  messageBytesMax: MESSAGE_BYTES_MAX,
  flowWindowBytes: 4 * MIB,
};

/** Told to every server, and nothing depends on it. */
const TLS_SERVER_NAME = "node.sheaf";

/** See the head of this file. */
export class Channel {
  readonly client: Client;
  readonly #token: Token | undefined;
  /** "host:port", for messages. */
  readonly peer: string;

  /** Throws `USAGE` where TLS is needed and not there. Connects to nothing yet. */
  constructor({ address, role, tls, token, limits }: ChannelOptions) {
    this.peer = addressText(address);
    if (tls === undefined && !isLoopback(address.host)) {
      throw new SheafError(
        "USAGE",
        `Cannot call ${this.peer} without TLS: give the authority's certificate, as "sheaf certs DIR" ` +
          "makes it. Only this machine's own addresses may be called without.",
      );
    }
    this.#token = token;
    this.client = new Client(
      targetOf(address),
      credentials(tls, role),
      grpcOptions({ ...CHANNEL_LIMITS, ...limits }),
    );
  }

  /** What is sent along with a call. */
  metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#token !== undefined) metadata.set("authorization", this.#token.header);
    return metadata;
  }

  /** Ends the connection; calls that go on are cancelled. */
  close(): void {
    this.client.close();
  }
}

/** With its scheme, because a host may be called as one is. */
function targetOf({ host, port }: Address): string {
  return host.includes(":") ? `ipv6:[${host}]:${port}` : `dns:${host}:${port}`;
}

function credentials(tls: TlsIdentity | undefined, role: Role): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  return ChannelCredentials.createFromSecureContext(tls.context, {
    // In the place of the host name: see role.ts.
    checkServerIdentity: (_host, certificate) => checkRole(certificate, role),
  });
}

function checkRole(certificate: PeerCertificate, role: Role): Error | undefined {
  if (rolesOf(certificate).includes(role)) return undefined;
  return new Error(`its certificate is not that of a ${role}`);
}

function grpcOptions(limits: ChannelLimits): ClientOptions {
  return {
    "grpc.initial_reconnect_backoff_ms": limits.reconnectMsMin,
    "grpc.max_reconnect_backoff_ms": limits.reconnectMsMax,
    // A container that is started again may have another address: the usual 30 s are too long.
    "grpc.dns_min_time_between_resolutions_ms": limits.reconnectMsMax,
    "grpc.keepalive_time_ms": limits.keepaliveMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
    "grpc.max_receive_message_length": limits.messageBytesMax,
    "grpc.max_send_message_length": limits.messageBytesMax,
    "grpc-node.flow_control_window": limits.flowWindowBytes,
    // A stream of regions must not be kept to be sent again; who calls knows what may be repeated.
    "grpc.enable_retries": 0,
    // Whom we mean is a role, and an IP address may not be sent as the name of a TLS server.
    "grpc.ssl_target_name_override": TLS_SERVER_NAME,
    // Nodes talk to each other, whatever proxy the environment names for the web.
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    // A channel has a connection of its own, and closing it closes that.
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_channelz": 0,
  };
}
