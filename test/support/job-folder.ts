/**
 * A temporary folder with the files of a user's project, and the modules of Sheaf that tests of
 * bundles need as plain JavaScript, because Node itself loads them and cannot read our sources.
 */

import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { RuntimeModules } from "../../src/bundle/job-bundle.ts";

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

  /** The absolute path of a file in it. */
  file(name: string): string {
    return resolve(this.path, name);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** What a job imports as `sheaf`: the real `defineJob` and `pipeline`, and stand-ins for formats. */
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
