/**
 * What `run()` takes, checked and completed. The command line fills the same options from its
 * flags.
 */

import { availableParallelism } from "node:os";
import { SheafError } from "../base/error.ts";
import {
  ATTEMPTS_MAX_DEFAULT,
  ATTEMPTS_MAX_LIMIT,
  PARTITIONS_MAX,
  SLOT_MEMORY_BYTES_DEFAULT,
  SLOT_MEMORY_BYTES_MAX,
  SLOT_MEMORY_BYTES_MIN,
  SLOTS_MAX,
  SPLIT_BYTES_MIN,
  TASK_TIMEOUT_MS_DEFAULT,
  TASK_TIMEOUT_MS_MAX,
  TASK_TIMEOUT_MS_MIN,
} from "../base/limits.ts";
import { grouped } from "../base/numbers.ts";
import type { CancelSignal } from "../base/platform-types.ts";
import { sizeInWords } from "../base/size.ts";
import type { RawParams } from "../job/params.ts";
import type { JobEvent } from "../job/report.ts";

/**
 * Options of `run()`: those of `sheaf run`, with sizes in bytes and times in milliseconds. A number
 * out of its bounds is refused with `USAGE`.
 *
 * @example
 * ```ts
 * import { run } from "sheaf";
 *
 * const tooLong = AbortSignal.timeout(60_000);
 * await run(new URL("./word-count.ts", import.meta.url), {
 *   inputs: ["logs/", "more/*.gz"],
 *   output: "out",
 *   overwrite: true,
 *   params: { least: 3 },
 *   signal: tooLong,
 * });
 * ```
 */
export interface RunOptions {
  /**
   * Files, folders (with all below them, but for names that begin with "." or "_") and globs, in
   * the order in which they are read. Any of them may be on S3: `s3://bucket/key`,
   * `s3://bucket/prefix/`. Credentials, region and endpoint are those of the environment.
   */
  readonly inputs: readonly string[];
  /**
   * The folder for the parts, or `s3://bucket/prefix`. It must be missing or empty, unless
   * `overwrite`, and not lie where the next run would read it as input.
   */
  readonly output: string;
  /**
   * R, the number of reduce tasks and parts, 1 to 100,000; by default one for each 64 MB of input,
   * up to 32.
   */
  readonly partitions?: number;
  /** Attempts that run at once, each in a thread of its own, 1 to 1024; one per core by default. */
  readonly slots?: number;
  /** Buffers of one slot, in bytes, 16 MB to 16 GB; 256 MB by default. More is spilled to disk. */
  readonly memoryBytes?: number;
  /**
   * Input of one map task, in bytes, 1 KB at least; 64 MB by default, and less where slots would be
   * idle.
   */
  readonly splitBytes?: number;
  /** The job's params, before its schema has checked them. */
  readonly params?: RawParams;
  /** How many bad records may be skipped and kept in `_bad/`; 0 by default. */
  readonly skipBadRecords?: number;
  /**
   * Replaces what the output folder holds, at the moment the run succeeds; on S3, only the output of
   * an earlier run.
   */
  readonly overwrite?: boolean;
  /**
   * Runs everything in this thread, one record after the other, for a debugger. Ctrl-C (SIGINT) ends
   * the run also where a function of the job loops for ever, unless that function is async.
   */
  readonly inline?: boolean;
  /**
   * Time without progress after which an attempt is ended, 100 to 86,400,000 (a day); 600,000 (ten
   * minutes) by default.
   */
  readonly taskTimeoutMs?: number;
  /** Attempts of one task before the job fails, 1 to 100; 4 by default. */
  readonly maxAttempts?: number;
  /** Where intermediate files go; the system's temporary folder by default. */
  readonly workDirectory?: string;
  /** Cancels the run: it cleans up and rejects with `CANCELLED`. */
  readonly signal?: CancelSignal;
  /** Told everything that happens. An error that it throws is not caught. */
  readonly onEvent?: (event: JobEvent) => void;
  /** What relative paths are relative to; the process's own by default. */
  readonly cwd?: string;
}

/** Options with nothing left open but R, which depends on the input. */
export interface ResolvedOptions {
  readonly slots: number;
  readonly memoryBytes: number;
  readonly splitBytes: number | undefined;
  readonly partitions: number | undefined;
  readonly params: RawParams;
  readonly skipBadRecords: number;
  readonly taskTimeoutMs: number;
  readonly maxAttempts: number;
  readonly cwd: string;
}

/** Checks the numbers and fills in the defaults. Throws `USAGE`. */
export function resolveOptions(options: RunOptions): ResolvedOptions {
  if (options.inputs.length === 0) {
    throw new SheafError("USAGE", "There is no input. Name files, folders or globs.");
  }
  if (options.output === "") {
    throw new SheafError("USAGE", "There is no output. Name the folder for the parts.");
  }
  const whole = (name: string, value: number | undefined, min: number, max: number): void => {
    if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max))
      return;
    throw new SheafError(
      "USAGE",
      `${name} is ${value}; it must be a whole number ${rangeInWords(name, min, max)}.`,
    );
  };
  whole("partitions", options.partitions, 1, PARTITIONS_MAX);
  whole("slots", options.slots, 1, SLOTS_MAX);
  whole("memoryBytes", options.memoryBytes, SLOT_MEMORY_BYTES_MIN, SLOT_MEMORY_BYTES_MAX);
  whole("splitBytes", options.splitBytes, SPLIT_BYTES_MIN, Number.MAX_SAFE_INTEGER);
  whole("skipBadRecords", options.skipBadRecords, 0, Number.MAX_SAFE_INTEGER);
  whole("taskTimeoutMs", options.taskTimeoutMs, TASK_TIMEOUT_MS_MIN, TASK_TIMEOUT_MS_MAX);
  whole("maxAttempts", options.maxAttempts, 1, ATTEMPTS_MAX_LIMIT);
  if (options.inline === true && (options.skipBadRecords ?? 0) > 0) {
    throw new SheafError(
      "USAGE",
      "A run in this thread (inline) stops at the first error, to show it to a debugger: it cannot " +
        "skip bad records. Leave out one of the two.",
    );
  }
  return {
    slots: options.slots ?? Math.min(availableParallelism(), SLOTS_MAX),
    memoryBytes: options.memoryBytes ?? SLOT_MEMORY_BYTES_DEFAULT,
    splitBytes: options.splitBytes,
    partitions: options.partitions,
    params: options.params ?? {},
    skipBadRecords: options.skipBadRecords ?? 0,
    taskTimeoutMs: options.taskTimeoutMs ?? TASK_TIMEOUT_MS_DEFAULT,
    maxAttempts: options.maxAttempts ?? ATTEMPTS_MAX_DEFAULT,
    cwd: options.cwd ?? process.cwd(),
  };
}

/** `from 1 to 1,024`, `of 0 or more`; of bytes, with the sizes they make. */
function rangeInWords(name: string, min: number, max: number): string {
  const inWords = (value: number): string =>
    name.endsWith("Bytes") ? `${grouped(value)} (${sizeInWords(value)})` : grouped(value);
  if (max === Number.MAX_SAFE_INTEGER) return `of ${inWords(min)} or more`;
  return `from ${inWords(min)} to ${inWords(max)}`;
}
