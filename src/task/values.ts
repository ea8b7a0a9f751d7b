/**
 * The `values` that a reduce function iterates: decoded one at a time from the merged regions, so
 * ten million values of one key need the memory of one. It can be read once, during the call.
 */

import { ByteReader } from "../base/bytes.ts";
import { SheafError } from "../base/error.ts";
import type { AnyCodec } from "../job/codec/codec.ts";
import type { ValueCursor } from "../shuffle/combine-option.ts";
import type { ProgressCells } from "./progress.ts";

/** See the head of this file. One object serves all groups of an attempt. */
export class LazyValues implements IterableIterator<unknown> {
  readonly #source: ValueCursor;
  readonly #codec: AnyCodec;
  readonly #reader = new ByteReader();
  readonly #progress: ProgressCells | undefined;
  #state: "closed" | "fresh" | "started" = "closed";
  #failed: unknown;

  constructor(source: ValueCursor, codec: AnyCodec, progress?: ProgressCells) {
    this.#source = source;
    this.#codec = codec;
    this.#progress = progress;
  }

  /** A group begins: its values may be read. */
  open(): void {
    this.#state = "fresh";
    this.#failed = undefined;
  }

  /** The group is over: whoever still holds on to the values is told so. */
  close(): void {
    this.#state = "closed";
  }

  /** An error of the engine's own while values were read, whoever may have caught it. */
  get failed(): unknown {
    return this.#failed;
  }

  [Symbol.iterator](): this {
    if (this.#state === "started") {
      throw new SheafError(
        "USER_CODE",
        "The values of a key can be iterated only once, because they are read as you go. " +
          "Keep what you need of them in a variable.",
      );
    }
    return this;
  }

  next(): IteratorResult<unknown, undefined> {
    if (this.#state === "closed") {
      throw new SheafError(
        "USER_CODE",
        "The values of a key were read after reduce had returned. Read them during the call; " +
          "an async reduce must not return before it has.",
      );
    }
    this.#state = "started";
    let value: unknown;
    try {
      if (!this.#source.next()) return { done: true, value: undefined };
      this.#progress?.step();
      const { valueBytes, valueStart, valueEnd } = this.#source;
      this.#reader.reset(valueBytes, valueStart, valueEnd);
      value = this.#codec.readLast(this.#reader);
    } catch (error) {
      this.#failed = error;
      throw error;
    }
    return { done: false, value };
  }

  /** `break` leaves the rest unread; the next group skips it. */
  return(): IteratorResult<unknown, undefined> {
    return { done: true, value: undefined };
  }
}
