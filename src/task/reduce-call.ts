/**
 * What one call of a reduce function is given: the values of its group, and an emit for its results.
 * Calls that return at once share one, one after the other; one that returned a promise may have
 * left something running behind it, and what it was given is closed for good.
 */

import type { ByteWriter } from "../base/bytes.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { GroupedSource } from "../shuffle/group.ts";
import { EmitGate } from "./emit-gate.ts";
import type { ProgressCells } from "./progress.ts";
import type { ReduceSink } from "./reduce-sink.ts";
import { LazyValues } from "./values.ts";

/** What a call works on. */
export interface ReduceCallParts {
  readonly groups: GroupedSource;
  readonly sink: ReduceSink;
  readonly job: ErasedDefinition;
  readonly progress: ProgressCells;
  /** For the encoded results; only one call is open at a time, so all share it. */
  readonly writer: ByteWriter;
}

/** See the head of this file. */
export class ReduceCall {
  readonly values: LazyValues;
  readonly emit: (value: unknown) => void;
  readonly #gate: EmitGate;

  constructor({ groups, sink, job, progress, writer }: ReduceCallParts) {
    const gate = new EmitGate("reduce", progress);
    this.#gate = gate;
    const codec = job.result;
    this.values = new LazyValues(groups, job.value, progress);
    this.emit = (value) => {
      if (!gate.isOpen) throw gate.refusal();
      writer.position = 0;
      codec.writeLast(writer, value);
      const { keyBytes, keyStart, keyEnd } = groups;
      try {
        sink.write(keyBytes, keyStart, keyEnd, writer.bytes, 0, writer.position);
      } catch (error) {
        gate.note(error);
        throw error;
      }
    };
  }

  open(): void {
    this.values.open();
    this.#gate.isOpen = true;
  }

  /** Ends the call. Throws what the engine has failed of meanwhile, whoever may have caught it. */
  close(): void {
    this.values.close();
    this.#gate.close();
    // Half a group must not pass for a whole one.
    if (this.values.failed !== undefined) throw this.values.failed;
  }
}
