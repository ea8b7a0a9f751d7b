/**
 * Addresses as "host:port", and the rule that decides where a node may listen: on loopback as it
 * likes; anywhere else with TLS and, where clients call, a token, or not at all.
 */

import { isIP } from "node:net";
import { SheafError } from "../../base/error.ts";

/** A place to listen on or to call. */
export interface Address {
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** Reads "host:port"; an IPv6 host stands in brackets. Throws `USAGE`; `what` names the flag. */
export function parseAddress(what: string, text: string): Address {
  const [, ip6, name, digits] = ADDRESS.exec(text) ?? [];
  const host = ip6 ?? name;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535 && (ip6 === undefined || isIP(ip6) === 6)) {
    return { host, port };
  }
  throw new SheafError("USAGE", `${what} takes HOST:PORT, such as 127.0.0.1:7077, not "${text}".`);
}

/** An address as text, with an IPv6 host in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether nobody but this machine can reach it. A name other than "localhost" may be anywhere. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

/** What protects a server. */
export interface Protection {
  readonly hasTls: boolean;
  /** Undefined where no client calls, so that no token could protect anything. */
  readonly hasToken: boolean | undefined;
}

/** Throws `USAGE` unless it is safe to listen there. */
export function checkListen(address: Address, { hasTls, hasToken }: Protection): void {
  if (isLoopback(address.host) || (hasTls && hasToken !== false)) return;
  const missing = [hasTls ? [] : ["TLS"], hasToken === false ? ["a client token"] : []].flat();
  throw new SheafError(
    "USAGE",
    `Cannot listen on ${addressText(address)} without ${missing.join(" and ")}: whoever reaches this ` +
      'address could run code here. To make what is needed: "sheaf certs DIR", which says what to do ' +
      "with it. On 127.0.0.1 neither is needed.",
    { data: { address: addressText(address) } },
  );
}
