/**
 * The bounds of a server, in one place. A hostile peer costs one connection, or one call, within them.
 */

/** See the head of this file. */
export interface ServerLimits {
  /** Connections in all. */
  readonly connectionsMax: number;
  /**
   * Those of them that have shown neither a certificate nor made a call that was allowed. When there
   * are as many, the oldest one makes way for the next, so that idle strangers keep nobody out.
   */
  readonly strangersMax: number;
  /** For a connection to stop being a stranger's; the TLS handshake is part of it. */
  readonly strangerMs: number;
  /** Calls at once on one connection. */
  readonly streamsMax: number;
  /** A connection without a call is closed after it. */
  readonly idleMs: number;
  /** After so long without a byte the peer is asked whether it is there... */
  readonly keepaliveMs: number;
  /** ...and has so long to answer. */
  readonly keepaliveTimeoutMs: number;
  /** What one message may have. */
  readonly messageBytesMax: number;
}

export const SERVER_LIMITS: Omit<ServerLimits, "messageBytesMax"> = {
  connectionsMax: 12_000,
  strangersMax: 512,
  strangerMs: 10_000,
  streamsMax: 256,
  idleMs: 30 * 60_000,
  keepaliveMs: 20_000,
  keepaliveTimeoutMs: 10_000,
};
