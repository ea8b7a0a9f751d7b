/**
 * Objects on S3 as byte sources. A few pieces ahead of the reader are under way at any time, each
 * over a connection of its own, so that a slot computes while bytes come, and does not wait for a
 * round trip at each block.
 *
 * What always holds: memory is bounded by the pieces; and while a slot is busy with records it has
 * its sockets looked at after each block, or nothing would come meanwhile.
 */

import { setImmediate } from "node:timers/promises";
import { READ_PIECE_BYTES, READ_PIECES_MAX } from "../../base/limits.ts";
import { S3Store } from "../../s3/s3-store.ts";
import type { ByteSource } from "./byte-source.ts";
import type { InputFile } from "./input.ts";
import { ObjectPiece } from "./object-piece.ts";

/** A read that has to wait waits for so much, since small blocks cost more. */
const WAIT_BYTES = 256 * 1024;
/** Bytes handed out between two looks at the sockets. */
const TURN_BYTES = 512 * 1024;
/** What is asked for past the end that was foretold, for the rest of a long record. */
const BEYOND_BYTES = 256 * 1024;

/** See the head of this file. */
export class ObjectSource implements ByteSource {
  position: number;
  readonly #file: InputFile;
  readonly #store: S3Store;
  /** In order; the first holds the byte at `position`. */
  readonly #pieces: ObjectPiece[] = [];
  /** Where the next piece begins, and up to where pieces are asked for. */
  #next: number;
  #end: number;
  #sinceTurn = 0;
  #isClosed = false;

  /** `end` is up to where the reader will read, as far as it knows. */
  constructor(file: InputFile, start: number, end: number, store = new S3Store({ role: "read" })) {
    this.#file = file;
    this.#store = store;
    this.position = start;
    this.#next = start;
    this.#end = Math.min(end, file.sizeBytes);
  }

  prefetch(): void {
    this.#ask(1);
  }

  read(target: Buffer, start: number, end: number): number | Promise<number> {
    if (this.#isClosed || this.position >= this.#file.sizeBytes) return 0;
    this.#ask(READ_PIECES_MAX);
    const wanted = Math.min(end - start, this.#file.sizeBytes - this.position);
    const isAtHand = this.#pieces[0]!.atHand >= Math.min(wanted, WAIT_BYTES);
    if (isAtHand && this.#sinceTurn < TURN_BYTES) return this.#handOut(target, start, end);
    return this.#bring(target, start, end, wanted);
  }

  /** Every request was made under the condition that the object is as planned. */
  verify(): void {}

  close(): void {
    this.#isClosed = true;
    for (const piece of this.#pieces.splice(0)) piece.close();
  }

  async #bring(target: Buffer, start: number, end: number, wanted: number): Promise<number> {
    await setImmediate();
    this.#sinceTurn = 0;
    await this.#pieces[0]?.wait(Math.min(wanted, WAIT_BYTES));
    return this.#isClosed ? 0 : this.#handOut(target, start, end);
  }

  #handOut(target: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#pieces.length > 0) {
      const piece = this.#pieces[0]!;
      // A failure of the second piece is told when its turn has come.
      if (at > start && piece.atHand === 0) break;
      at += piece.take(target, at, end);
      if (!piece.isUsedUp) break;
      this.#pieces.shift();
    }
    const count = at - start;
    this.position += count;
    this.#sinceTurn += count;
    return count;
  }

  /** Asks for pieces until so many are under way or at hand. */
  #ask(pieces: number): void {
    const { sizeBytes } = this.#file;
    if (this.#pieces.length === 0 && this.#next >= this.#end) {
      this.#end = Math.min(sizeBytes, this.#next + BEYOND_BYTES);
    }
    while (this.#pieces.length < pieces && this.#next < this.#end) {
      const end = Math.min(this.#next + READ_PIECE_BYTES, this.#end);
      this.#pieces.push(new ObjectPiece(this.#store, this.#file, this.#next, end));
      this.#next = end;
    }
  }
}
