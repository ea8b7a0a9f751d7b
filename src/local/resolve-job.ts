/**
 * From what a caller names as the job (a path, a URL, or the job itself) to the module that defines
 * it, loaded. Threads and machines load that module themselves: functions cannot be sent.
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SheafError } from "../base/error.ts";
import type { FileUrl } from "../base/platform-types.ts";
import { bundleJob } from "../bundle/bundle-job.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { type LoadedJob, loadBundle, loadRuntimeAhead } from "../bundle/load-bundle.ts";
import { definedIn } from "../job/defined-in.ts";

/** A job as `run()` takes it. */
export type JobSource = string | FileUrl | { readonly kind: "job" | "pipeline" };

/**
 * Bundles and loads the job's module; `beforeLoad` is called between, before any of its code runs.
 * Throws `JOB_INVALID`.
 */
export async function resolveJob(
  source: JobSource,
  cwd: string,
  beforeLoad: (bundle: JobBundle) => void,
): Promise<LoadedJob> {
  const bundling = bundleJob(entryOf(source, cwd), cwd);
  loadRuntimeAhead();
  const bundle = await bundling;
  beforeLoad(bundle);
  const loaded = await loadBundle(bundle);
  if (typeof source === "object" && "kind" in source && loaded.kind !== source.kind) {
    throw notDefault(loaded.bundle.entry);
  }
  return loaded;
}

function entryOf(source: JobSource, cwd: string): string {
  if (source instanceof URL) return fileURLToPath(source);
  if (typeof source === "string") {
    return source.startsWith("file:") ? fileURLToPath(source) : resolve(cwd, source);
  }
  const url = definedIn(source);
  if (url?.startsWith("file:") === true) return fileURLToPath(url);
  if (url?.startsWith("/") === true) return url;
  throw new SheafError(
    "JOB_INVALID",
    "Cannot tell which file defines the job that run() was given. Make it the default export of a " +
      "module, and pass that module's path or URL instead.",
  );
}

function notDefault(entry: string): SheafError {
  return new SheafError(
    "JOB_INVALID",
    `The job that run() was given is not the default export of ${entry}, so other threads cannot ` +
      "find it. Give it a module of its own, as its default export.",
  );
}
