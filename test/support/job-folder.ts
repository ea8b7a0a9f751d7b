/**
 * A temporary folder with the files of a user's project, and the modules of Sheaf that tests of
 * bundles need as plain JavaScript, because Node itself loads them and cannot read our sources.
 */

import { once } from "node:events";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { JobBundle, RuntimeModules } from "../../src/bundle/job-bundle.ts";
import type { UserErrorDescription } from "../../src/bundle/user-error.ts";

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));

/** See the head of this file. Remove it when the test ends. */
export class JobFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(files: Readonly<Record<string, string>> = {}): Promise<JobFolder> {
    const folder = new JobFolder(await realpath(await mkdtemp(join(tmpdir(), "sheaf-test-"))));
    await folder.write(files);
    return folder;
  }

  /** Writes files by their paths below the folder. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = this.file(name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
  }

  /** A folder of its own in this one; it goes with it. */
  async folder(files: Readonly<Record<string, string>>): Promise<JobFolder> {
    const folder = new JobFolder(await mkdtemp(join(this.path, "project-")));
    await folder.write(files);
    return folder;
  }

  /** The absolute path of a file in it. */
  file(name: string): string {
    return resolve(this.path, name);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** A job file; its first line imports from `sheaf`, `before` starts at line 2. */
export function jobSource(parts: { readonly before?: string; readonly map?: string }): string {
  const before = parts.before ? `${parts.before}\n` : "";
  return `import { defineJob, text, string, int, sum } from "sheaf";
${before}export default defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  ${parts.map ?? "map() {}"},
  reduce: sum,
});
`;
}

/** What a job imports as `sheaf`: the real `defineJob` and `pipeline`, and stand-in formats. */
const RUNTIME = `
export { defineJob } from "./job/job.ts";
export { pipeline, outputOf } from "./job/pipeline.ts";
export { sum, identity } from "./job/functions.ts";
export const text = () => ({ name: "text()", splittable: true, open() {} });
const codec = () => ({ writeLast() {}, readLast() {}, ordered: true });
export { codec as string, codec as int };
`;

/** Compiles what jobs import as \`sheaf\` into a folder. */
export async function buildRuntime(folder: JobFolder): Promise<RuntimeModules> {
  await compile(RUNTIME, folder.file("runtime/index.js"));
  await compile("export const runs = 'in a test';", folder.file("runtime/testing.js"));
  const url = (name: string) => pathToFileURL(folder.file(`runtime/${name}.js`)).href;
  return { index: url("index"), testing: url("testing") };
}

/** Compiles a module of TypeScript, whose imports are relative to src/, into one file. */
export async function compile(contents: string, outfile: string): Promise<void> {
  await build({
    stdin: { contents, resolveDir: SOURCES, loader: "ts" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["esbuild"],
    logLevel: "silent",
  });
}

/** What the thread of `mapInThread` was told. */
export interface ThreadAnswer {
  readonly emitted?: readonly (readonly [unknown, unknown])[];
  /** What `map` threw, as Sheaf describes it. */
  readonly error?: UserErrorDescription;
  /** Why the bundle was refused. */
  readonly refused?: { readonly code: string; readonly message: string };
}

const THREAD = `
import { parentPort, workerData } from "node:worker_threads";
import { loadBundle } from "./bundle/load-bundle.ts";
import { describeUserError } from "./bundle/user-error.ts";

const { bundle, runtime, line } = workerData;
const emitted = [];
let loaded;
try {
  loaded = await loadBundle(bundle, { runtime });
} catch (error) {
  parentPort.postMessage({ refused: { code: error.code, message: error.message } });
}
if (loaded !== undefined) {
  try {
    const { map } = loaded.steps[0].job.definition;
    await map(0, line, (key, value) => emitted.push([key, value]), {});
    parentPort.postMessage({ emitted });
  } catch (thrown) {
    parentPort.postMessage({ error: describeUserError(thrown, bundle) });
  }
}
`;

/** Compiles the thread that `mapInThread` starts; returns its path. */
export async function buildThread(folder: JobFolder): Promise<string> {
  const path = folder.file("runtime/thread.mjs");
  await compile(THREAD, path);
  return path;
}

/** Loads a bundle in a thread of its own and gives one line to the `map` of its first step. */
export async function mapInThread(
  thread: string,
  bundle: JobBundle,
  runtime: RuntimeModules,
  line: string,
): Promise<ThreadAnswer> {
  const worker = new Worker(thread, { workerData: { bundle, runtime, line } });
  const [answer] = (await once(worker, "message")) as [ThreadAnswer];
  await worker.terminate();
  return answer;
}
