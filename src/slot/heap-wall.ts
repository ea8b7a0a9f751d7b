/**
 * Ends a slot's thread before its heap is full. At the limit of V8 itself it would be too late: what
 * grows in one piece, as a Map or an array does, asks for more than is left, and V8 then ends the
 * whole process. So that limit is far away, and the thread is asked now and then, between two records
 * or two values, whether it has passed its own. What one call of the job's code takes in one go,
 * without a record or a value in between, only V8 sees.
 */

import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sizeInWords } from "../base/size.ts";

const MIB = 1024 * 1024;
/** Garbage that is let grow after a look before the next, as a share of the limit. */
const GARBAGE_SHARE = 1 / 8;

/** See the head of this file. One per thread. */
export class HeapWall {
  readonly #limitBytes: number;
  /** Below this, nothing has to be looked at. */
  #askedFromBytes: number;
  #collectGarbage: (() => void) | undefined;

  constructor(limitMiB: number) {
    this.#limitBytes = limitMiB * MIB;
    this.#askedFromBytes = this.#limitBytes;
  }

  /**
   * Whether what is in use exceeds the limit. Takes microseconds, but where the heap is that large:
   * then the garbage in it is collected first, because it must not count.
   */
  isPassed(): boolean {
    if (getHeapStatistics().used_heap_size < this.#askedFromBytes) return false;
    this.#collectGarbage ??= garbageCollector();
    this.#collectGarbage();
    const liveBytes = getHeapStatistics().used_heap_size;
    const garbageBytes = this.#limitBytes * GARBAGE_SHARE;
    this.#askedFromBytes = Math.max(this.#limitBytes, liveBytes + garbageBytes);
    return liveBytes > this.#limitBytes;
  }
}

/** What a failed attempt says of it. */
export function outOfMemoryWords(limitMiB: number): string {
  return (
    `The thread ran out of memory: the heap limit is ${sizeInWords(limitMiB * MIB)}. The job's code ` +
    "keeps too much at a time; emit it instead."
  );
}

/** V8's own, which is there for those who ask for it. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  return collect;
}
