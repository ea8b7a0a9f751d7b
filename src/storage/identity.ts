/**
 * Whose storage it is. One page of the state file says it in words, and every other checksum depends
 * on it, so that a file or a stale block of another member is never taken for this one's.
 */

import { crc32 } from "node:zlib";
import { assert } from "../base/assert.ts";
import type { MemberId } from "../base/ids.ts";
import { CLUSTER_CHARS_MAX } from "./limits.ts";

/** A member of a cluster. */
export interface Identity {
  /** The cluster's name or id: 1 to 64 printable ASCII characters. */
  readonly cluster: string;
  readonly member: MemberId;
}

const CLUSTER = new RegExp(`^[!-~]{1,${CLUSTER_CHARS_MAX}}$`);

/** The number that stands for a member in checksums. */
export function identityTag({ cluster, member }: Identity): number {
  assert(CLUSTER.test(cluster), "a cluster's name is 1 to 64 printable ASCII characters");
  return crc32(`${cluster}\n${member}`);
}
