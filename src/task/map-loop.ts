/**
 * The loop of a map attempt: calls the user's map for each record of a split, with an `emit` that is
 * open during the call. There are two ways. The hot one stops at the first error; the guarded one, for
 * jobs that may skip bad records, holds back what each record emits until its map has returned.
 *
 * What always holds: an error leaves with the record that caused it, unless none did.
 */

import type { RecordOrigin } from "../job/failure.ts";
import type { Emit, MapFunction } from "../job/functions.ts";
import type { RecordReader, Split } from "../job/input/input.ts";
import type { AttemptContext } from "./attempt-context.ts";
import { EmitGate } from "./emit-gate.ts";
import type { EmitFactory } from "./emitter.ts";
import { isPromise } from "./is-promise.ts";
import type { ProgressCells } from "./progress.ts";
import { isRecordsFault, originOf, RecordFailure, UndecodableRecord } from "./record-failure.ts";
import type { RecordGuard } from "./record-guard.ts";

/** What a loop works with. */
export interface MapLoopParts {
  readonly split: Split;
  readonly reader: RecordReader<unknown, unknown>;
  readonly map: MapFunction<unknown, unknown, unknown, unknown, unknown>;
  readonly emitThrough: EmitFactory;
  readonly context: AttemptContext;
  readonly progress: ProgressCells;
  readonly guard: RecordGuard;
}

/** See the head of this file. */
export class MapLoop {
  /** Records read so far, those that could not be decoded included. */
  records = 0;
  readonly #parts: MapLoopParts;
  #gate: EmitGate;
  #emit: Emit<unknown, unknown>;

  constructor(parts: MapLoopParts) {
    this.#parts = parts;
    this.#gate = new EmitGate("map", parts.progress);
    this.#emit = parts.emitThrough(this.#gate);
  }

  async run(): Promise<void> {
    const { reader, progress, guard } = this.#parts;
    do {
      progress.setBytes(reader.bytesRead);
      await (guard.guards ? this.#mapGuarded() : this.#mapAll());
      // Not in there: a file that cannot be read is not a record's fault.
    } while (await reader.fill());
  }

  async #mapAll(): Promise<void> {
    try {
      this.#gate.isOpen = true;
      // A map that returns a promise leaves the loop at that record, and comes back for the next.
      for (let waiting = this.#mapAtHand(); waiting !== undefined; waiting = this.#mapAtHand()) {
        await waiting;
        this.#renewGate();
      }
      this.#gate.close();
    } catch (error) {
      this.#gate.close();
      throw isRecordsFault(error) ? this.#failureOf(error) : error;
    }
  }

  /** The error with the record that it occurred at. */
  #failureOf(error: unknown): RecordFailure {
    const ordinal = this.records - 1;
    const origin = this.#origin(ordinal);
    // Map begins with a record as soon as there is one.
    const isDecoded = this.#parts.progress.read().ordinal === ordinal;
    return isDecoded ? new RecordFailure(origin, error) : new UndecodableRecord(origin, error);
  }

  /** What an async map has left running must not emit for the next record. */
  #renewGate(): void {
    this.#gate.close();
    this.#gate = new EmitGate("map", this.#parts.progress);
    this.#emit = this.#parts.emitThrough(this.#gate);
    this.#gate.isOpen = true;
  }

  #origin(ordinal: number): RecordOrigin {
    return originOf(this.#parts.reader, this.#parts.split, ordinal);
  }

  /** The hot loop: every record at hand, until one returns a promise. */
  #mapAtHand(): Promise<void> | undefined {
    const { reader, map, context, progress } = this.#parts;
    const gate = this.#gate;
    const emit = this.#emit;
    let records = this.records;
    try {
      for (;;) {
        // Counted first: a record that cannot be decoded is a record too.
        records++;
        if (!reader.next()) {
          records--;
          return undefined;
        }
        progress.begin(records - 1);
        const result = map(reader.key, reader.value, emit, context);
        if (result !== undefined && isPromise(result)) return result;
        // Shut by a failure of the engine's own, which map has caught.
        if (!gate.isOpen) return undefined;
      }
    } finally {
      this.records = records;
    }
  }

  /** The same with each record's effects held back until it has succeeded. */
  async #mapGuarded(): Promise<void> {
    const { reader, context, progress, guard } = this.#parts;
    for (;;) {
      const ordinal = this.records;
      try {
        this.records++;
        if (!reader.next()) {
          this.records--;
          return;
        }
      } catch (error) {
        // A record that cannot be decoded once cannot be decoded twice.
        progress.begin(ordinal);
        guard.refuse(this.#origin(ordinal), error);
        continue;
      }
      const condemned = guard.condemned(ordinal);
      if (condemned !== undefined) {
        guard.leaveOut(this.#origin(ordinal), condemned);
        continue;
      }
      progress.begin(ordinal);
      await guard.attempt(
        () => this.#mapOne(reader, context),
        () => this.#origin(ordinal),
      );
    }
  }

  #mapOne(
    { key, value }: RecordReader<unknown, unknown>,
    context: AttemptContext,
  ): void | Promise<void> {
    const gate = this.#gate;
    gate.isOpen = true;
    let waiting: void | Promise<void>;
    try {
      waiting = this.#parts.map(key, value, this.#emit, context);
    } catch (error) {
      gate.close();
      throw error;
    }
    if (!isPromise(waiting)) return gate.close();
    return this.#mapAsync(waiting);
  }

  async #mapAsync(waiting: PromiseLike<unknown>): Promise<void> {
    try {
      await waiting;
    } finally {
      this.#renewGate();
      this.#gate.isOpen = false;
    }
  }
}
