/**
 * Commands as bytes of the log: a version, then MessagePack. Each stands alone, because a log is cut
 * off at its beginning.
 */

import { Packr } from "msgpackr";
import { assert } from "../../base/assert.ts";
import type { ClusterCommand } from "./cluster-command.ts";

const VERSION = 1;

/** Objects are maps with names, so that a later version can read what it does not know all of. */
const packr = new Packr({ useRecords: false, copyBuffers: true });

/** A command as bytes; they are the caller's. */
export function encodeCommand(command: ClusterCommand): Uint8Array {
  const packed = packr.pack(command);
  const bytes = new Uint8Array(1 + packed.length);
  bytes[0] = VERSION;
  bytes.set(packed, 1);
  return bytes;
}

/** What was encoded. The log's checksums say that it was; another version's ends the process. */
export function decodeCommand(bytes: Uint8Array): ClusterCommand {
  assert(bytes[0] === VERSION, `a command of version ${bytes[0]} is known here`);
  return packr.unpack(bytes.subarray(1)) as ClusterCommand;
}
