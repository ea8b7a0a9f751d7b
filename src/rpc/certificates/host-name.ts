/**
 * The hosts that a certificate names: DNS names, perhaps with a "*" for their first part, and IP
 * addresses, which a certificate holds as bytes.
 */

import { isIP, isIPv4 } from "node:net";

/** See the head of this file. */
export interface HostName {
  readonly kind: "dns" | "ip";
  readonly text: string;
}

const DNS_CHARS_MAX = 253;
const DNS_LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** A host of a text; undefined if it is none. */
export function parseHostName(text: string): HostName | undefined {
  if (isIP(text) !== 0 && !text.includes("%")) return { kind: "ip", text };
  // Digits and dots alone were meant as an address.
  if (text.length > DNS_CHARS_MAX || /^[\d.]+$/.test(text)) return undefined;
  const labels = text.replace(/^\*\./, "").split(".");
  return labels.every((label) => DNS_LABEL.test(label)) ? { kind: "dns", text } : undefined;
}

/** The host as a certificate holds it. */
export function hostNameBytes({ kind, text }: HostName): Buffer {
  if (kind === "dns") return Buffer.from(text);
  return isIPv4(text) ? ip4Bytes(text) : ip6Bytes(text);
}

function ip4Bytes(text: string): Buffer {
  return Buffer.from(text.split(".").map(Number));
}

/** Eight groups of two bytes; "::" stands for as many zeros as are missing. */
function ip6Bytes(text: string): Buffer {
  const [head = "", tail] = text.split("::").map(groupsOf) as [Buffer, Buffer | undefined];
  if (tail === undefined) return head as Buffer;
  return Buffer.concat([head as Buffer, Buffer.alloc(16 - head.length - tail.length), tail]);
}

function groupsOf(text: string): Buffer {
  if (text === "") return Buffer.alloc(0);
  const parts = text.split(":").map((group) => {
    if (isIPv4(group)) return ip4Bytes(group);
    return Buffer.from(group.padStart(4, "0"), "hex");
  });
  return Buffer.concat(parts);
}
