/**
 * `run()` as the public index exports it. Every job imports that index, on every thread, so what
 * only a caller of `run()` needs is loaded at its first call.
 */

import type { JobResult } from "../job/report.ts";
import type { RunOptions } from "./options.ts";
import type { JobSource } from "./resolve-job.ts";

/**
 * Runs a job on this machine and resolves when its output is committed. The job's functions run in
 * other threads, which load its file by themselves, as `sheaf run` does: TypeScript needs no build.
 *
 * @param job The job: the default export of a module, or that module's path or URL.
 * @param options What it reads, where it writes, and how.
 * @throws SheafError with a code for each way to fail (see `ErrorCode`); a failed or cancelled run
 *   leaves no output and no temporary files.
 * @example
 * ```ts
 * import { run } from "sheaf";
 *
 * const result = await run("./word-count.ts", { inputs: ["logs/*.txt"], output: "out" });
 * console.log(result.counters.task.MAP_INPUT_RECORDS, "lines");
 * ```
 */
export async function run(job: JobSource, options: RunOptions): Promise<JobResult> {
  const local = await import("./run.ts");
  return local.run(job, options);
}
