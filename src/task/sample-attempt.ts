/**
 * The sample behind `range()`: some records of the input go through map, and the keys that come out
 * are cut into R equal parts. It depends on the input and R alone, never on slots or split sizes,
 * because the boundaries decide which part a key is in.
 */

import { compareBytes } from "../base/bytes.ts";
import type { ErasedDefinition } from "../job/job.ts";
import type { GroupEnd } from "../shuffle/group.ts";
import { AttemptContext } from "./attempt-context.ts";
import { EmitGate } from "./emit-gate.ts";
import { emitFactory, type RecordSink } from "./emitter.ts";
import type { AttemptEnvironment } from "./map-attempt.ts";
import { openReader } from "./open-reader.ts";
import { groupEndFunction } from "./partition.ts";
import { isRecordsFault } from "./record-failure.ts";
import type { SampleTaskSpec } from "./task-spec.ts";

/** Records read from one window. */
const WINDOW_RECORDS_MAX = 1000;
/** Keys kept in all; a window's map may emit any number of them. */
const KEYS_MAX = 100_000;

/** The R - 1 encoded keys at which the next partition begins. */
export async function runSampleAttempt(
  spec: Pick<SampleTaskSpec, "windows" | "partitions" | "previous" | "skip">,
  environment: AttemptEnvironment,
): Promise<Uint8Array[]> {
  const { job, params, progress } = environment;
  const context = new AttemptContext(params, spec.previous, { phase: "map", task: -1, attempt: 0 });
  const sample = new KeySample(job);
  const gate = new EmitGate("map");
  const emit = emitFactory(job, sample)(gate);
  gate.isOpen = true;
  const skip = new Set(spec.skip.map(({ ordinal }) => ordinal));
  let steps = 0;
  for (const { split, stride } of spec.windows) {
    const reader = openReader(job.input(params), split, environment.bring);
    try {
      let left = WINDOW_RECORDS_MAX * stride;
      while (left > 0 && (await reader.fill())) {
        for (; left > 0; left--) {
          const step = steps++;
          progress.begin(step);
          try {
            if (!reader.next()) break;
            if (left % stride === 0 && !skip.has(step))
              await job.map(reader.key, reader.value, emit, context);
          } catch (error) {
            // The attempt that meets this record will tell; a sample can do without it.
            if (!isRecordsFault(error)) throw error;
          }
        }
      }
    } finally {
      reader.close();
    }
  }
  return sample.boundaries(spec.partitions);
}

/** Collects keys in place of map output. */
class KeySample implements RecordSink {
  readonly #keys: Uint8Array[] = [];
  readonly #groupEnd: GroupEnd | undefined;

  constructor(job: ErasedDefinition) {
    this.#groupEnd = groupEndFunction(job.key);
  }

  collect(bytes: Buffer, start: number, end: number): void {
    if (this.#keys.length >= KEYS_MAX) return;
    const keyEnd = this.#groupEnd === undefined ? end : this.#groupEnd(bytes, start, end);
    this.#keys.push(Uint8Array.prototype.slice.call(bytes, start, keyEnd));
  }

  collectNumber(bytes: Buffer, start: number, end: number): void {
    this.collect(bytes, start, end);
  }

  boundaries(partitions: number): Uint8Array[] {
    const keys = this.#keys.sort((a, b) => compareBytes(a, 0, a.length, b, 0, b.length));
    const boundaries: Uint8Array[] = [];
    for (let index = 1; index < partitions && keys.length > 0; index++) {
      boundaries.push(keys[Math.floor((index * keys.length) / partitions)]!);
    }
    return boundaries;
  }
}
