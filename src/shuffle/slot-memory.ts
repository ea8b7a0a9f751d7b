/**
 * The memory in which a slot collects and sorts, in one piece, so that its bound is the sum of what
 * lies in it: records grow from the front, their places from the back, and both meet when it is full.
 *
 * The piece is taken from the operating system at once but is not touched: pages come as they are
 * written, so a tiny job stays tiny, and nothing is ever moved in order to grow.
 */

import { SheafError } from "../base/error.ts";
import { sizeInWords } from "../base/size.ts";

/** Offsets in it are signed 32-bit numbers; a larger budget is cut. */
const SLOT_MEMORY_BYTES_CAP = 2 ** 31 - 2 ** 16;
/** Everything in it is aligned to this. */
const ALIGNMENT_BYTES = 16;

/** See the head of this file. */
export class SlotMemory {
  readonly lengthBytes: number;
  /** What was asked for; the length may be a little less. */
  readonly wantedBytes: number;
  #buffer: ArrayBuffer | undefined;

  constructor(bytes: number) {
    this.wantedBytes = bytes;
    const whole = Math.min(bytes, SLOT_MEMORY_BYTES_CAP);
    this.lengthBytes = whole - (whole % ALIGNMENT_BYTES);
  }

  get buffer(): ArrayBuffer {
    this.#buffer ??= this.#allocate();
    return this.#buffer;
  }

  #allocate(): ArrayBuffer {
    try {
      return new ArrayBuffer(this.lengthBytes);
    } catch (error) {
      throw new SheafError(
        "USAGE",
        `Cannot set aside ${sizeInWords(this.wantedBytes)} of memory for a slot: the operating ` +
          "system refuses. Give each slot less (--memory), or run fewer slots (--slots).",
        { data: { memoryBytes: this.wantedBytes }, cause: error },
      );
    }
  }
}

/** The piece that no attempt of this thread uses now. */
let idle: SlotMemory | undefined;

/**
 * Memory for one attempt. A thread runs its attempts one after the other, so each gets the piece of
 * the one before: waiting for the garbage collector to free that could take the budget twice.
 */
export function borrowSlotMemory(bytes: number): SlotMemory {
  const memory = idle;
  idle = undefined;
  return memory?.wantedBytes === bytes ? memory : new SlotMemory(bytes);
}

/** Gives back what an attempt has borrowed, and uses no longer. */
export function returnSlotMemory(memory: SlotMemory): void {
  idle = memory;
}
