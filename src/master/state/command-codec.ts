/**
 * Commands as bytes of the log: a version, then MessagePack, which is compressed if there is much of
 * it. Each stands alone, because a log is cut off at its beginning.
 */

import { deflateRawSync, inflateRawSync } from "node:zlib";
import { Packr } from "msgpackr";
import { assert } from "../../base/assert.ts";
import type { ClusterCommand, SetMemberAddress } from "./cluster-command.ts";

/** Also how the rest is written. */
const PLAIN = 1;
const COMPRESSED = 2;
/**
 * What names a hundred thousand runs or parts repeats itself, and would not fit an entry of the log.
 * Ten megabytes of it take 20 ms.
 */
const COMPRESSED_FROM_BYTES = 1024 * 1024;

/** Objects are maps with names, so that a later version can read what it does not know all of. */
const packr = new Packr({ useRecords: false, copyBuffers: true });

/** A command as bytes; they are the caller's. */
export function encodeCommand(command: ClusterCommand): Uint8Array {
  const packed = packr.pack(command);
  const isLarge = packed.length >= COMPRESSED_FROM_BYTES;
  const body = isLarge ? deflateRawSync(packed, { level: 1 }) : packed;
  const bytes = new Uint8Array(1 + body.length);
  bytes[0] = isLarge ? COMPRESSED : PLAIN;
  bytes.set(body, 1);
  return bytes;
}

/** What was encoded. The log's checksums say that it was; another version's ends the process. */
export function decodeCommand(bytes: Uint8Array): ClusterCommand {
  const [version] = bytes;
  assert(version === PLAIN || version === COMPRESSED, `commands of version ${version} are known`);
  const body = bytes.subarray(1);
  return packr.unpack(version === PLAIN ? body : inflateRawSync(body)) as ClusterCommand;
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
