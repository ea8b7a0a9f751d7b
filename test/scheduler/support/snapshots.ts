/**
 * Snapshots of states whose results are texts.
 */

import { StateDecoder } from "../../../src/scheduler/snapshot/decode-state.ts";
import { encodeState } from "../../../src/scheduler/snapshot/encode-state.ts";
import type { ResultCodec } from "../../../src/scheduler/snapshot/result-codec.ts";
import type { SchedulerState } from "../../../src/scheduler/state.ts";

/** Results as tests make them. */
export const textResults: ResultCodec = {
  encode: (result) => Buffer.from(String(result)),
  decode: (bytes) => Buffer.from(bytes).toString(),
};

export function encoded(state: SchedulerState): Uint8Array[] {
  return [...encodeState(state, textResults)];
}

/** Reads pieces, cut anew so that frames end anywhere. */
export function decoded(pieces: readonly Uint8Array[], cutBytes = 777): SchedulerState {
  const decoder = new StateDecoder(textResults);
  const all = Buffer.concat(pieces);
  for (let at = 0; at < all.length; at += cutBytes) decoder.push(all.subarray(at, at + cutBytes));
  return decoder.finish();
}
