/**
 * How results of tasks become bytes. Their shape is the shell's business, and so is this. A result
 * that is kept as bytes in the first place costs a snapshot only their copy.
 */

import type { Phase } from "../state.ts";

/** See the head of this file. What was decoded equals what was encoded. */
export interface ResultCodec {
  encode(result: unknown, phase: Phase): Uint8Array;
  /** The bytes are the reader's: what is kept of them is copied. */
  decode(bytes: Uint8Array, phase: Phase): unknown;
}
