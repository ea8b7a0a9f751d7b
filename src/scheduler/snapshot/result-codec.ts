/**
 * How results of tasks become bytes. Their shape is the shell's business, and so is this. A snapshot
 * is taken quickly if results are kept packed, as text with a character for each byte; hundreds of
 * thousands of small `Uint8Array`s would make V8 stop for 200 ms when it collects garbage.
 */

import type { Phase } from "../state.ts";

/** See the head of this file. What was decoded equals what was encoded. */
export interface ResultCodec {
  encode(result: unknown, phase: Phase): Uint8Array;
  /** The bytes are the reader's: what is kept of them is copied. */
  decode(bytes: Uint8Array, phase: Phase): unknown;
}
