/**
 * The masters of a cluster as they are named on the command line, for clients and workers alike.
 */

import { type Address, parseAddress } from "../rpc/security/address.ts";

/** Reads "HOST:PORT,HOST:PORT"; empty places, such as after a last comma, are nothing. Throws `USAGE`. */
export function readMasterList(what: string, words: string): Address[] {
  const named = words.split(",").flatMap((word) => word.trim() || []);
  return named.map((word) => parseAddress(what, word));
}
