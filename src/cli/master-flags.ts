/**
 * The flags of `sheaf master`, from words to what a master is told.
 */

import { resolve } from "node:path";
import { type MemberId, memberId } from "../base/ids.ts";
import type { MasterOptions } from "../master/master.ts";
import { readCertificateFolder } from "../rpc/certificates/certificate-folder.ts";
import { MEMBERS_MAX } from "../rpc/limits.ts";
import { type Address, addressText, checkListen, parseAddress } from "../rpc/security/address.ts";
import { readCount, readDuration, usage } from "./flag-values.ts";
import {
  MASTER_LISTEN_DEFAULT,
  PING_INTERVAL_MS_DEFAULT,
  PING_TIMEOUT_MS_DEFAULT,
} from "./master-defaults.ts";

/** The flags as commander hands them over. */
export interface MasterFlags {
  readonly data?: string;
  readonly listen?: string;
  readonly id?: string;
  readonly peers?: string;
  readonly join?: boolean;
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
  const { member, peers } = readGroup(flags);
  const own = peers.get(member);
  const usual = own === undefined ? MASTER_LISTEN_DEFAULT : addressText(own);
  const address = parseAddress("--listen", flags.listen ?? usual);
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
    member,
    peers,
    joins: flags.join === true,
    tls: identity?.tls,
    token: identity?.token,
    pingIntervalMs,
    pingTimeoutMs,
  };
}

const MEMBER_ID_MAX = 1_000_000;

/** Who the master is, and who the others are. */
function readGroup({ id, peers: words, join }: MasterFlags): {
  readonly member: MemberId;
  readonly peers: ReadonlyMap<MemberId, Address>;
} {
  const number = readCount("--id", id, 1, MEMBER_ID_MAX);
  if (words === undefined) {
    if (join === true) throw usage("--join needs --peers: which group is to be joined?");
    return { member: memberId(number ?? 1), peers: new Map() };
  }
  const peers = readPeers(words);
  if (number === undefined) {
    throw usage("--peers needs --id: which of them is this master? For example --id 1.");
  }
  const member = memberId(number);
  if (!peers.has(member)) {
    throw usage(`--peers does not name master ${number} itself. Add ${number}=HOST:PORT to it.`);
  }
  return { member, peers };
}

function readPeers(words: string): ReadonlyMap<MemberId, Address> {
  const peers = new Map<MemberId, Address>();
  const taken = new Set<string>();
  for (const word of words.split(",")) {
    const [, id, place] = /^\s*(\d+)\s*=\s*(\S+)\s*$/.exec(word) ?? [];
    if (id === undefined || place === undefined) {
      throw usage(`--peers takes ID=HOST:PORT,..., such as 1=10.0.0.1:7077, not "${word}".`);
    }
    const member = memberId(readCount("--peers", id, 1, MEMBER_ID_MAX)!);
    const address = parseAddress("--peers", place);
    if (peers.has(member)) throw usage(`--peers names master ${id} twice.`);
    if (taken.has(addressText(address))) throw usage(`--peers names ${place} twice.`);
    peers.set(member, address);
    taken.add(addressText(address));
  }
  if (peers.size > MEMBERS_MAX) {
    throw usage(`--peers names ${peers.size} masters; a group has ${MEMBERS_MAX} at most.`);
  }
  return peers;
}
