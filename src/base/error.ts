/**
 * The one error class for expected failures. A message says what could not be done, why, and what
 * to do; the code is stable and may be matched by programs; a stack of ours is never shown.
 */

/**
 * Stable names of the expected failures.
 *
 * - `USAGE`: the call itself is wrong: a flag, a number, a path that cannot be
 * - `JOB_INVALID`: the job file cannot be loaded or does not define a job
 * - `INPUT_MISSING`: no such file, or a glob that matches nothing
 * - `INPUT_UNREADABLE`: the operating system, or S3, refused to read it
 * - `INPUT_CHANGED`: a file changed while it was read
 * - `INPUT_CORRUPT`: a file that ends too early or fails its own checksum
 * - `RECORD_INVALID`: one record of the input cannot be decoded
 * - `RECORD_TOO_LARGE`: a line, a file, a key or a value over its limit
 * - `OUTPUT_EXISTS`: the output folder holds data
 * - `OUTPUT_FAILED`: the operating system, or S3, refused to write it
 * - `NO_SPACE`: the disk is full
 * - `STORE_DENIED`: S3 refused who asked: wrong credentials, none, or not enough rights
 * - `STORE_UNREACHABLE`: S3 did not answer, or only with errors, however often it was asked
 * - `VALUE_INVALID`: a value that its codec cannot carry
 * - `USER_CODE`: the job's own function threw
 * - `TASK_TIMEOUT`: the job's own function made no progress
 * - `THREAD_DIED`: the job's own function ended its thread
 * - `TOO_MANY_BAD_RECORDS`: more records failed than the run may skip
 * - `REGION_CORRUPT`: intermediate bytes do not match their checksum or length
 * - `DATA_IN_USE`: another process owns the data folder of a master
 * - `DATA_MISMATCH`: the data folder of another member, another cluster, or another version
 * - `DATA_FAILED`: the disk refused a data folder's reading or writing; the process must end
 * - `CANCELLED`: the run was told to stop
 * - `CLUSTER_UNREACHABLE`: no master answered in time
 * - `ACCESS_DENIED`: the cluster refused a certificate or a token, or what it allows
 * - `NOT_LEADER`: the master that was asked does not lead; `data.leader` says who does, if known
 * - `NOT_FOUND`: the cluster has no job, bundle or service of that name
 * - `REGION_UNAVAILABLE`: intermediate bytes cannot be had from the worker that should have them
 * - `MESSAGE_INVALID`: a message that no peer of this version sends
 * - `LIMIT_REACHED`: a message, or the load on a machine, is over its bound
 */
export type ErrorCode =
  | "USAGE"
  | "JOB_INVALID"
  | "INPUT_MISSING"
  | "INPUT_UNREADABLE"
  | "INPUT_CHANGED"
  | "INPUT_CORRUPT"
  | "RECORD_INVALID"
  | "RECORD_TOO_LARGE"
  | "OUTPUT_EXISTS"
  | "OUTPUT_FAILED"
  | "NO_SPACE"
  | "STORE_DENIED"
  | "STORE_UNREACHABLE"
  | "VALUE_INVALID"
  | "USER_CODE"
  | "TASK_TIMEOUT"
  | "THREAD_DIED"
  | "TOO_MANY_BAD_RECORDS"
  | "REGION_CORRUPT"
  | "DATA_IN_USE"
  | "DATA_MISMATCH"
  | "DATA_FAILED"
  | "CANCELLED"
  | "CLUSTER_UNREACHABLE"
  | "ACCESS_DENIED"
  | "NOT_LEADER"
  | "NOT_FOUND"
  | "REGION_UNAVAILABLE"
  | "MESSAGE_INVALID"
  | "LIMIT_REACHED";

/** What an error carries besides its words; every field is plain data. */
export type ErrorData = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * An expected failure: all that `run()` and the parts of a job throw on purpose. The message says
 * what could not be done, why, and what to do; `code` is for programs. Anything else that is thrown
 * is a bug of Sheaf's, or an error of yours in a callback.
 *
 * @example
 * ```ts
 * import { run, SheafError } from "sheaf";
 *
 * try {
 *   await run("./word-count.ts", { inputs: ["missing.txt"], output: "out" });
 * } catch (error) {
 *   if (error instanceof SheafError && error.code === "INPUT_MISSING") console.error(error.message);
 * }
 * ```
 */
export class SheafError extends Error {
  override readonly name = "SheafError";
  /** Which failure it is. Codes do not change from version to version, messages may. */
  readonly code: ErrorCode;
  /** The facts behind the message, where there are some: a path, a number, a limit. */
  readonly data: ErrorData;

  constructor(
    code: ErrorCode,
    message: string,
    options: { data?: ErrorData; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** The words of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The operating system's code of a failed call (`ENOENT`, `ENOSPC`, ...), if it is one. */
export function systemCodeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}
