/**
 * `run()`: a job on this machine from its file to its committed output. It checks the options, starts
 * the first thread while the rest of the engine is still being loaded, and ends all threads whatever
 * happens; `run-job.ts` does what is between.
 */

import { messageOf, SheafError } from "../base/error.ts";
import type { JobEvent, JobResult } from "../job/report.ts";
import { heapMiBFor } from "../slot/heap.ts";
import { throwIfCancelled } from "./cancellation.ts";
import { checkShapes } from "./option-shapes.ts";
import { type RunOptions, resolveOptions } from "./options.ts";
import type { JobSource } from "./resolve-job.ts";
import { SlotPool } from "./slot-pool.ts";

/** See `run-lazily.ts`, which is its public face. */
export async function run(job: JobSource, options: RunOptions): Promise<JobResult> {
  checkShapes(options);
  const onEvent = options.onEvent ?? (() => undefined);
  let result: JobResult;
  try {
    result = await runOnSlots(job, options, onEvent);
  } catch (error) {
    const code = error instanceof SheafError ? error.code : "BUG";
    onEvent({ type: "job-ended", ok: false, error: { code, message: messageOf(error) } });
    throw error;
  }
  onEvent({ type: "job-ended", ok: true, result });
  return result;
}

async function runOnSlots(
  source: JobSource,
  options: RunOptions,
  onEvent: (event: JobEvent) => void,
): Promise<JobResult> {
  const startMs = performance.now();
  const resolved = resolveOptions(options);
  throwIfCancelled(options.signal);
  const { slots, memoryBytes, taskTimeoutMs } = resolved;
  const pool = new SlotPool(slots, { taskTimeoutMs, heapMiB: heapMiBFor(slots, memoryBytes) });
  try {
    // A thread takes as long to start as the engine to load and the job to be bundled: both at once.
    if (options.inline !== true) pool.prepare(1);
    const { runJob } = await import("./run-job.ts");
    return await runJob({ source, options, resolved, pool, onEvent, startMs });
  } finally {
    await pool.close();
  }
}
