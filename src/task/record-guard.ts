/**
 * Keeps a bad record from harming the good ones, when the job may skip some: what a record emits and
 * counts is held back until its map has returned. A record that throws is tried once more at once;
 * the second time it is left out and goes to `_bad/`.
 */

import { ByteWriter } from "../base/bytes.ts";
import { messageOf, SheafError } from "../base/error.ts";
import { sizeInWords } from "../base/size.ts";
import type { BadRecord, RecordOrigin, SkippedRecord } from "../job/failure.ts";
import type { PartitionOf } from "../shuffle/range-partition.ts";
import { recordBytesMaxFor, recordTooLarge } from "../shuffle/record-limit.ts";
import type { AttemptContext } from "./attempt-context.ts";
import type { RecordSink } from "./emitter.ts";
import { isRecordsFault, RecordFailure, TooManyBadRecords } from "./record-failure.ts";

const TRIES = 2;

/** What a guard needs of an attempt's spec. */
interface GuardedSpec {
  readonly memoryBytes: number;
  readonly kind: "map" | "reduce";
  readonly task: number;
  readonly skip: readonly SkippedRecord[];
  readonly skipsLeft: number;
}

/** What a guard stands between. */
export interface GuardParts {
  readonly spec: GuardedSpec;
  readonly sink: RecordSink;
  readonly context: AttemptContext;
  /** The sink's own; it may be the user's, and throw. */
  readonly partitionOf: PartitionOf | undefined;
}

/** See the head of this file. */
export class RecordGuard implements RecordSink {
  /** Whether the job may skip records at all; without that nothing is held back. */
  readonly guards: boolean;
  readonly bad: BadRecord[] = [];
  /** How many records this attempt itself has left out. */
  refused = 0;
  /** The last of them, for the message if they were too many. */
  lastRefused: RecordFailure | undefined;
  readonly #spec: GuardedSpec;
  readonly #sink: RecordSink;
  readonly #partitionOf: PartitionOf | undefined;
  readonly #recordBytesMax: number;
  readonly #context: AttemptContext;
  readonly #condemned: ReadonlyMap<number, string>;
  /** Records held back: their bytes in one buffer, and four numbers each in `#held`. */
  readonly #bytes = new ByteWriter(4096);
  readonly #held: number[] = [];

  constructor(parts: GuardParts) {
    const { spec, sink, context } = parts;
    this.#spec = spec;
    this.#sink = sink;
    this.#partitionOf = parts.partitionOf;
    this.#recordBytesMax = recordBytesMaxFor(spec.memoryBytes);
    this.#context = context;
    this.#condemned = new Map(spec.skip.map(({ ordinal, error }) => [ordinal, error]));
    this.guards = spec.skipsLeft > 0 || spec.skip.length > 0;
  }

  /** Why a record must not be tried again, if earlier attempts died of it. */
  condemned(ordinal: number): string | undefined {
    return this.#condemned.get(ordinal);
  }

  /** Leaves out a record that the scheduler has condemned; it is counted already. */
  leaveOut(origin: RecordOrigin, error: string): void {
    const { kind, task } = this.#spec;
    const { file, offset, excerpt } = origin;
    this.bad.push({ phase: kind, task, file, offset, record: excerpt, error });
  }

  /** Leaves out a record that failed twice; throws when there were too many. */
  refuse(origin: RecordOrigin, error: unknown): void {
    const failure = new RecordFailure(origin, error);
    if (!isRecordsFault(error)) throw failure;
    if (this.refused === this.#spec.skipsLeft) throw new TooManyBadRecords(origin, error);
    this.refused++;
    this.lastRefused = failure;
    this.leaveOut(origin, messageOf(error));
  }

  /** Runs the user's function for one record, and lets its effects through if it succeeds. */
  async attempt(call: () => void | Promise<void>, originNow: () => RecordOrigin): Promise<void> {
    for (let tries = 1; ; tries++) {
      this.#bytes.position = 0;
      this.#held.length = 0;
      this.#context.save();
      try {
        const waiting = call();
        if (waiting !== undefined) await waiting;
        break;
      } catch (error) {
        this.#context.rollback();
        if (!isRecordsFault(error)) throw error;
        if (tries < TRIES) continue;
        return this.refuse(originNow(), error);
      }
    }
    this.#release();
  }

  collect(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueBytes: Buffer,
    valueStart: number,
    valueEnd: number,
  ): void {
    const start = this.#hold(keyBytes, keyStart, keyEnd, valueEnd - valueStart);
    const middle = this.#bytes.position;
    this.#bytes.writeBytes(valueBytes, valueStart, valueEnd);
    this.#held.push(start, middle, this.#bytes.position, 0);
  }

  collectNumber(keyBytes: Buffer, keyStart: number, keyEnd: number, amount: number): void {
    const start = this.#hold(keyBytes, keyStart, keyEnd, 0);
    this.#held.push(start, this.#bytes.position, -1, amount);
  }

  /** Holds a key back. What the sink would refuse is refused now, while its record can be blamed. */
  #hold(bytes: Buffer, start: number, end: number, valueBytes: number): number {
    const at = this.#bytes.position;
    const recordBytes = end - start + valueBytes;
    if (recordBytes > this.#recordBytesMax)
      throw recordTooLarge(recordBytes, this.#spec.memoryBytes);
    this.#partitionOf?.(bytes, start, end);
    if (at + recordBytes > HELD_BYTES_MAX) {
      throw new SheafError(
        "RECORD_TOO_LARGE",
        `One record emitted more than ${sizeInWords(HELD_BYTES_MAX)}, which cannot be held back ` +
          "while it may still be skipped. Run without --skip-bad-records, or emit less for one record.",
      );
    }
    this.#bytes.writeBytes(bytes, start, end);
    return at;
  }

  #release(): void {
    const held = this.#held;
    const bytes = this.#bytes.bytes;
    for (let i = 0; i < held.length; i += 4) {
      const start = held[i]!;
      const middle = held[i + 1]!;
      const end = held[i + 2]!;
      if (end < 0) this.#sink.collectNumber(bytes, start, middle, held[i + 3]!);
      else this.#sink.collect(bytes, start, middle, bytes, middle, end);
    }
  }
}

/** What one record may emit while it is held back. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
