/**
 * The flags of `sheaf master`, from words to what a master is told.
 */

import { resolve } from "node:path";
import type { MasterOptions } from "../master/master.ts";
import { readCertificateFolder } from "../rpc/certificates/certificate-folder.ts";
import { checkListen, parseAddress } from "../rpc/security/address.ts";
import { readDuration, usage } from "./flag-values.ts";
import {
  MASTER_LISTEN_DEFAULT,
  PING_INTERVAL_MS_DEFAULT,
  PING_TIMEOUT_MS_DEFAULT,
} from "./master-defaults.ts";

/** The flags as commander hands them over. */
export interface MasterFlags {
  readonly data?: string;
  readonly listen?: string;
  readonly certs?: string;
  readonly pingInterval?: string;
  readonly pingTimeout?: string;
  readonly json?: boolean;
}

const PING_MS_MIN = 50;
const PING_MS_MAX = 600_000;

/** Checks a call of `sheaf master`. Throws `USAGE`. */
export function readMasterFlags(
  flags: MasterFlags,
  cwd: string,
): Omit<MasterOptions, "onEvent" | "onBug"> {
  const address = parseAddress("--listen", flags.listen ?? MASTER_LISTEN_DEFAULT);
  if (flags.data === undefined || flags.data === "") {
    throw usage("No folder for the master's data was named. Usage: sheaf master --data DIR");
  }
  const identity =
    flags.certs === undefined
      ? undefined
      : readCertificateFolder(resolve(cwd, flags.certs), "master");
  checkListen(address, {
    hasTls: identity?.tls !== undefined,
    hasToken: identity?.token !== undefined,
  });
  const ping = (flag: string, words: string | undefined, usual: number): number =>
    readDuration(flag, words, PING_MS_MIN, PING_MS_MAX) ?? usual;
  const pingIntervalMs = ping("--ping-interval", flags.pingInterval, PING_INTERVAL_MS_DEFAULT);
  const pingTimeoutMs = ping("--ping-timeout", flags.pingTimeout, PING_TIMEOUT_MS_DEFAULT);
  if (pingTimeoutMs <= pingIntervalMs) {
    throw usage(
      `--ping-timeout (${pingTimeoutMs} ms) must be longer than --ping-interval (${pingIntervalMs} ms).`,
    );
  }
  return {
    address,
    folder: resolve(cwd, flags.data),
    tls: identity?.tls,
    token: identity?.token,
    pingIntervalMs,
    pingTimeoutMs,
  };
}
