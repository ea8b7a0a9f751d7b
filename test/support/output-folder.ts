/**
 * An output folder in a temporary folder of its own, jobs that write to it, and what a test asks of
 * both. Root may do more than others: mount disks, and become nobody for a moment.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SheafError } from "../../src/base/error.ts";
import { zeroTaskCounters } from "../../src/job/counters.ts";
import type { BadRecord } from "../../src/job/failure.ts";
import { buildManifest, type Manifest } from "../../src/job/manifest.ts";
import type { Part } from "../../src/job/report.ts";
import { FolderCommitter } from "../../src/task/folder-committer.ts";
import type { OutputCommitter, OutputCommitterOptions } from "../../src/task/output-committer.ts";
import { PartWriter } from "../../src/task/part-writer.ts";
import { verifyOutput } from "../../src/task/verify-output.ts";

/** A record that some job has skipped. */
export const BAD_RECORD: BadRecord = {
  phase: "map",
  task: 3,
  file: "logs/2024.txt",
  offset: 4_294_967_297,
  record: 'half a "line',
  error: "TypeError: x is undefined\n    at map (job.ts:3:5)",
};

/** See the head of this file. Remove it when the test ends. */
export class OutputFolder {
  /** The folder around the output; the test's own. */
  readonly around: string;
  /** The output folder, missing at first. */
  path: string;
  #jobs = 0;

  constructor() {
    this.around = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-output-")));
    this.path = join(this.around, "out");
  }

  remove(): void {
    rmSync(this.around, { recursive: true, force: true });
  }

  committer(options: Partial<OutputCommitterOptions> = {}): FolderCommitter {
    const jobId = `job-${process.pid}-${this.#jobs++}`;
    const defaults = { output: this.path, overwrite: false, jobId, compression: "none" } as const;
    return new FolderCommitter({ ...defaults, ...options });
  }

  /** A whole job whose two parts together hold `text`. */
  runJob(text: string, options: Partial<OutputCommitterOptions> = {}): void {
    const job = this.committer(options);
    job.check([]);
    job.prepare();
    job.commitTask(0, 0, writePart(job, 0, 0, text.slice(0, 1)));
    job.commitTask(1, 0, writePart(job, 1, 0, text.slice(1)));
    job.commitJob(manifestOf(job));
  }

  /** The parts of the output, joined. It must be complete and sound. */
  text(): string {
    const { manifest, problems } = verifyOutput(this.path);
    if (problems.length > 0) throw new Error(problems.join(" "));
    return manifest.parts.map(({ name }) => readFileSync(join(this.path, name), "utf8")).join("");
  }
}

/** Writes a part as an attempt does, and says what it wrote. */
export function writePart(
  job: FolderCommitter,
  partition: number,
  attempt: number,
  text: string,
): Omit<Part, "name"> {
  const part = new PartWriter(job.partPath(partition, attempt), "none");
  part.writer.writeText(text);
  return { records: 1, ...part.finish() };
}

/** A manifest for what a job has committed; `run` names it, as on a cluster. */
export function manifestOf(job: OutputCommitter, run?: string): Manifest {
  return buildManifest({
    sheaf: "0.1.0",
    job: "test",
    ...(run !== undefined && { run }),
    finishedMs: 0,
    parts: job.parts,
    counters: { task: zeroTaskCounters(), user: {} },
    steps: [],
    skippedRecords: 0,
  });
}

/** The error of ours that a call throws. */
export function errorOf(call: () => unknown): SheafError {
  try {
    call();
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

export const isRoot = process.getuid?.() === 0;
export const NOBODY = 65534;

/** Calls as the user nobody; needs root. */
export function asNobody<T>(call: () => T): T {
  process.seteuid?.(NOBODY);
  try {
    return call();
  } finally {
    process.seteuid?.(0);
  }
}

/** Whether this user may mount a disk in memory. */
export function canMount(): boolean {
  if (!isRoot) return false;
  const probe = mkdtempSync(join(tmpdir(), "sheaf-mount-"));
  try {
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", probe]);
    if (mounted.status === 0) execFileSync("umount", [probe]);
    return mounted.status === 0;
  } finally {
    rmSync(probe, { recursive: true });
  }
}

/** Mounts a small disk in memory at `path` for the time of a call. */
export function onDisk(path: string, size: string, call: () => void): void {
  mkdirSync(path);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
  try {
    call();
  } finally {
    execFileSync("umount", ["-l", path]);
  }
}
