/**
 * What commits a job's output, wherever that is: attempts write parts and side files under private
 * names on the machine that they run on, each winner is noted, and one publication makes all of it
 * the output. A folder and S3 have each their own way to do so; whoever runs a job knows neither.
 *
 * What always holds: nothing looks complete that is not, whenever a process dies.
 */

import type { Manifest } from "../job/manifest.ts";
import type { Part } from "../job/report.ts";
import type { S3Location } from "../s3/s3-url.ts";
import type { LeftByAttempt, SideFileLabel, SideFiles } from "./side-files.ts";
import type { StepRuns } from "./step-runs.ts";
import type { WrittenPart } from "./task-spec.ts";

/** What a committer is told. */
export interface OutputCommitterOptions {
  /** The output folder, absolute, or an `s3://` URL. */
  readonly output: string;
  /** Whether the output of an earlier job may be replaced. */
  readonly overwrite: boolean;
  /** Unique among the jobs that write to this output: 16 hexadecimal digits. */
  readonly jobId: string;
  readonly compression: "none" | "gzip";
  /** The folder that the user is in; the process's own unless given. */
  readonly cwd?: string;
}

/** See the head of this file. In order: check, prepare, commits, and commitJob or abort. */
export interface OutputCommitter {
  /** The output as it is shown: the folder's real path, or the URL. */
  readonly output: string;
  /** The parts that are committed, by partition. */
  readonly parts: Part[];
  /** Bad records and consoles, to be published with the parts. */
  readonly sideFiles: SideFiles;
  /**
   * Refuses an output that holds data, or whose loss nobody can have meant. `inputs` are the files
   * that the job reads.
   *
   * @throws SheafError `USAGE` or `OUTPUT_EXISTS`.
   */
  check(inputs: readonly string[]): void | Promise<void>;
  /** Gets ready; `workDirectory` may hold what must not be on the way to the output. */
  prepare(workDirectory: string): void | Promise<void>;
  /**
   * Goes on with an output that another process had prepared under the same id and could not end; in
   * the place of `check` and `prepare`. A publication that it had begun is undone, or what it has left
   * is cleared away. False if there is nothing to go on with: it was published, or removed.
   *
   * @throws SheafError `OUTPUT_FAILED` where that cannot be done.
   */
  resume(workDirectory: string): boolean | Promise<boolean>;
  /**
   * The manifest of the output that another process has published under this very id; what that one
   * had still to clear away is gone then. It is asked for in the place of `resume`, or after a failure.
   */
  published(): Manifest | undefined | Promise<Manifest | undefined>;
  /** Where steps leave what the next one reads, and all machines find it; it goes with the output's end. */
  readonly stepRuns: StepRuns;
  /**
   * Writes what an attempt leaves besides its part as `sideFiles` does, and where a process finds it
   * that resumes.
   */
  preserve(attempt: SideFileLabel, left: LeftByAttempt): void | Promise<void>;
  /** The folder of `partPath`. */
  readonly partsFolder: string;
  /** Where an attempt writes its part: a private file. */
  partPath(partition: number, attempt: number): string;
  /** Where it uploads that file when it is whole; undefined where the file itself is committed. */
  uploadTarget(partition: number, attempt: number): S3Location | undefined;
  /**
   * Makes the attempt's part the partition's. A partition has one winner: the part of a later one
   * is removed, and the answer is the first one's.
   */
  commitTask(partition: number, attempt: number, written: WrittenPart): Part;
  /**
   * Publishes the output. When it throws, the output is as it was before the job.
   *
   * @throws SheafError `OUTPUT_EXISTS` when the output has got data meanwhile; `OUTPUT_FAILED`.
   */
  commitJob(manifest: Manifest): void | Promise<void>;
  /** Removes all that the job has written; after `commitJob`, nothing. It never throws. */
  abort(): void | Promise<void>;
}
