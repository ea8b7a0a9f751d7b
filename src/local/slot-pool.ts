/**
 * The slots of this machine: threads are started as tasks need them, up to the number allowed.
 */

import { assert } from "../base/assert.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import type { Failure } from "../job/failure.ts";
import type { RawParams } from "../job/params.ts";
import { Slot, type SlotOptions } from "../slot/slot.ts";
import type { SlotAnswer } from "../slot/slot-message.ts";
import type { ProgressReading } from "../task/progress.ts";
import type { AnyTaskSpec } from "../task/task-spec.ts";

/** See the head of this file. */
export class SlotPool {
  readonly size: number;
  readonly #options: SlotOptions;
  readonly #slots: Slot[] = [];
  #isClosed = false;
  #job: { bundle: JobBundle; params: RawParams } | undefined;

  constructor(size: number, options: SlotOptions) {
    this.size = size;
    this.#options = options;
  }

  /** Starts threads ahead of their first task, so that they load while the job is planned. */
  prepare(count: number): void {
    // Who planned the run may still be on its way when the run has failed.
    if (this.#isClosed) return;
    while (this.#slots.length < Math.min(count, this.size)) this.#add();
  }

  load(bundle: JobBundle, params: RawParams): void {
    this.#job = { bundle, params };
    for (const slot of this.#slots) slot.load(bundle, params);
  }

  get free(): number {
    return this.size - this.#slots.filter((slot) => slot.busy).length;
  }

  /** Runs an attempt on a free slot; there must be one. */
  run(spec: AnyTaskSpec): { slot: Slot; answer: Promise<SlotAnswer> } {
    const slot = this.#slots.find((candidate) => !candidate.busy) ?? this.#add();
    return { slot, answer: slot.run(spec) };
  }

  /** What code that no attempt was waiting for has died of, on any slot. */
  get stray(): Failure | undefined {
    return this.#slots.find((slot) => slot.stray !== undefined)?.stray;
  }

  /** How often emit was called too late, on any slot. */
  get late(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.late, 0);
  }

  /** The progress of every busy slot. */
  progress(): ProgressReading[] {
    return this.#slots.filter((slot) => slot.busy).map((slot) => slot.progress());
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  #add(): Slot {
    assert(this.#slots.length < this.size, "attempts are assigned to free slots only");
    const slot = new Slot(this.#options);
    this.#slots.push(slot);
    if (this.#job !== undefined) slot.load(this.#job.bundle, this.#job.params);
    return slot;
  }
}
