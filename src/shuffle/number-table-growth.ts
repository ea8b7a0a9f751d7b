/**
 * Doubles a number table in place (`number-table.ts` has the layout of its slots).
 *
 * All entries are marked first, then each in turn goes to the first slot of its probe that holds no
 * placed entry; the marked one it finds there is the next to go. So no placed entry's probe crosses a
 * free slot.
 */

import { hashOfShort } from "../base/key-hash.ts";

export const SLOT_WORDS = 4;
/** Set in the second word of every taken slot while the table grows, until it is in its place. */
const UNPLACED = 0x40000000;

/** Moves the entries of the first `slots` slots from `top` down to where twice as many want them. */
export function placeAgain(
  words: Int32Array,
  numbers: Float64Array,
  top: number,
  slots: number,
): void {
  const mask = 2 * slots - 1;
  for (let slot = 0; slot < slots; slot++) {
    const at = top - slot * SLOT_WORDS + 1;
    if (words[at] !== 0) words[at]! |= UNPLACED;
  }
  for (let slot = 0; slot < slots; slot++) {
    const at = top - slot * SLOT_WORDS;
    while ((words[at + 1]! & UNPLACED) !== 0) {
      const low = words[at]!;
      const tag = words[at + 1]! & ~UNPLACED;
      let target = hashOf(low, tag) & mask;
      while (isPlaced(words[top - target * SLOT_WORDS + 1]!)) target = (target + 1) & mask;
      const to = top - target * SLOT_WORDS;
      const number = numbers[(at >> 1) + 1]!;
      // Free or marked, what was at the target comes here; here itself may be the target.
      words[at] = words[to]!;
      words[at + 1] = words[to + 1]!;
      numbers[(at >> 1) + 1] = numbers[(to >> 1) + 1]!;
      words[to] = low;
      words[to + 1] = tag;
      numbers[(to >> 1) + 1] = number;
    }
  }
}

/** At least the bits of a key's hash that the mask of any table takes. */
function hashOf(low: number, tag: number): number {
  return tag < 0 ? tag : hashOfShort(low, tag);
}

function isPlaced(tag: number): boolean {
  return tag !== 0 && (tag & UNPLACED) === 0;
}
