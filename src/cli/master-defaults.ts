/**
 * What a master does unless it is told otherwise. Apart from the flags, whose reading loads gRPC: help
 * is for everybody.
 */

export const MASTER_LISTEN_DEFAULT = "127.0.0.1:7077";
export const PING_INTERVAL_MS_DEFAULT = 1000;
export const PING_TIMEOUT_MS_DEFAULT = 5000;
