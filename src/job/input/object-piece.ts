/**
 * A piece of an object on S3 under way: it is asked for at once, its bytes are kept as they come, and
 * where they break off the rest is asked for again.
 *
 * What always holds: its bytes are of the object as it was planned, or it fails.
 */

import type { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { BrokenAnswer, isAbsent, isRefusedCondition, statusOf } from "../../s3/s3-answer.ts";
import { s3Library } from "../../s3/s3-client.ts";
import { s3Error } from "../../s3/s3-error.ts";
import { s3Settings } from "../../s3/s3-settings.ts";
import type { ObjectBody, S3Store } from "../../s3/s3-store.ts";
import { parseS3Url } from "../../s3/s3-url.ts";
import { StallWatch } from "../../s3/stall-watch.ts";
import type { InputFile } from "./input.ts";
import { changed, vanished } from "./input-error.ts";

/** See the head of this file: the bytes [start, end) of an object. */
export class ObjectPiece {
  /** Bytes that have come and were not taken. */
  atHand = 0;
  readonly #file: InputFile;
  readonly #store: S3Store;
  readonly #start: number;
  readonly #end: number;
  #received = 0;
  readonly #chunks: Buffer[] = [];
  /** What was taken of the first chunk. */
  #taken = 0;
  #failure: unknown;
  #watch: StallWatch | undefined;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(store: S3Store, file: InputFile, start: number, end: number) {
    this.#store = store;
    this.#file = file;
    this.#start = start;
    this.#end = end;
    void this.#fetch();
  }

  /** Whether all of it has come and was taken. */
  get isUsedUp(): boolean {
    return this.atHand === 0 && this.#received === this.#end - this.#start;
  }

  /** Takes what is at hand, as much as fits. @throws SheafError where there is nothing and was to be. */
  take(target: Buffer, start: number, end: number): number {
    if (this.atHand === 0 && this.#failure !== undefined) throw this.#failure;
    let at = start;
    while (at < end && this.#chunks.length > 0) {
      const chunk = this.#chunks[0]!;
      const count = chunk.copy(target, at, this.#taken, this.#taken + end - at);
      at += count;
      this.#taken += count;
      if (this.#taken < chunk.length) break;
      this.#chunks.shift();
      this.#taken = 0;
    }
    this.atHand -= at - start;
    return at - start;
  }

  /** Resolves when there are so many bytes at hand, or all that will come. */
  async wait(bytes: number): Promise<void> {
    const isOver = () => this.#received === this.#end - this.#start || this.#failure !== undefined;
    while (this.atHand < bytes && !isOver() && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#chunks.length = 0;
    this.#watch?.abort(new Error("closed"));
    this.#wake();
  }

  /** Never rejects: who takes learns of a failure. */
  async #fetch(): Promise<void> {
    let tries = 0;
    try {
      await this.#store.retry(async () => {
        tries++;
        if (!this.#isClosed) await this.#receive();
      });
    } catch (thrown) {
      this.#failure = await this.#failureOf(thrown, tries);
    }
    this.#wake();
  }

  /** One request for what has not come yet. */
  async #receive(): Promise<void> {
    const watch = new StallWatch(s3Settings().stallMs);
    this.#watch = watch;
    let body: ObjectBody["body"] | undefined;
    try {
      const from = this.#start + this.#received;
      const answer = await this.#store.open(
        parseS3Url(this.#file.path),
        this.#file.etag!,
        [from, this.#end],
        watch.signal,
      );
      body = answer.body;
      watch.signal.addEventListener("abort", () => body?.destroy(), { once: true });
      watch.signal.throwIfAborted();
      this.#checkAnswer(answer, from);
      // Listeners, because an iterator takes twice the time. The piece is the bound of what may come.
      body.on("data", (chunk: Buffer) => {
        watch.step();
        this.#keep(chunk, answer.body);
      });
      await finished(body);
      watch.signal.throwIfAborted();
      if (this.#received < this.#end - this.#start) throw new BrokenAnswer("the object broke off");
    } catch (thrown) {
      body?.destroy();
      if (this.#isClosed) return;
      throw watch.signal.aborted ? watch.signal.reason : thrown;
    } finally {
      watch.close();
    }
  }

  #keep(chunk: Buffer, body: Readable): void {
    if (this.#received + chunk.length > this.#end - this.#start) {
      body.destroy(new BrokenAnswer("the endpoint sent more than was asked for"));
      return;
    }
    this.#received += chunk.length;
    this.atHand += chunk.length;
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** Some endpoints do not heed `If-Match`, or ranges. */
  #checkAnswer({ etag, range }: ObjectBody, from: number): void {
    const file = this.#file;
    if (etag !== undefined && file.etag !== "" && etag !== file.etag)
      throw changed(file, file.sizeBytes);
    if (range === undefined && from === 0 && this.#end === file.sizeBytes) return;
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? "") ?? [];
    if (first !== String(from)) {
      throw new Error("the endpoint does not answer requests for a range of bytes");
    }
    if (total !== "*" && total !== String(file.sizeBytes)) throw changed(file, Number(total));
  }

  async #failureOf(thrown: unknown, tries: number): Promise<unknown> {
    const file = this.#file;
    if (isRefusedCondition(thrown)) return changed(file, file.sizeBytes);
    if (statusOf(thrown) === 416) return changed(file, file.sizeBytes);
    if (isAbsent(thrown)) return vanished(file);
    const { endpoint } = await s3Library();
    return s3Error({ action: `read ${file.path}`, role: "read", endpoint, tries }, thrown);
  }
}
