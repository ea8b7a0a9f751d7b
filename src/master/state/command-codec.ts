/**
 * Commands as bytes of the log: a version, then MessagePack. Each stands alone, because a log is cut
 * off at its beginning.
 */

import { Packr } from "msgpackr";
import { assert } from "../../base/assert.ts";
import type { ClusterCommand, SetMemberAddress } from "./cluster-command.ts";

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

/** What all commands of that kind hold, and hardly any other: so the others need no decoding. */
const SETS_ADDRESS = "set-member-address" satisfies SetMemberAddress["type"];

/** The address that a command gives to a master, if it does that. Looked for in all that is logged. */
export function addressIn(bytes: Uint8Array): SetMemberAddress | undefined {
  const { buffer, byteOffset, byteLength } = bytes;
  if (!Buffer.from(buffer, byteOffset, byteLength).includes(SETS_ADDRESS)) return undefined;
  const command = decodeCommand(bytes);
  return command.type === SETS_ADDRESS ? command : undefined;
}
