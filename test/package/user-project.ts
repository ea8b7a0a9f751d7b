/**
 * A project of a user's who has installed Sheaf from its tarball, in a temporary folder with nothing
 * of the checkout above it. Needs the npm registry, or npm's cache of what was fetched before.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { childEnvironment } from "../support/child-environment.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** How a command ended. */
export interface Ended {
  readonly status: number | null;
  /** What it printed, standard error included. */
  readonly output: string;
}

/** A file of the tarball, as `npm pack --json` lists it. */
export interface PackedFile {
  readonly path: string;
}

/** Makes the tarball of the checkout, as built, in a folder; its path, and what it holds. */
export function pack(folder: string): { tarball: string; files: readonly PackedFile[] } {
  // Without scripts: a build would empty dist/ under the tests that run at the same time.
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const { status, stdout, stderr } = spawnSync("npm", words, {
    cwd: ROOT,
    encoding: "utf8",
    env: childEnvironment(),
  });
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr}`);
  const [packed] = Object.values(
    JSON.parse(stdout) as Record<string, { filename: string; files: PackedFile[] }>,
  );
  if (packed === undefined) throw new Error("npm pack has packed nothing.");
  return { tarball: join(folder, packed.filename), files: packed.files };
}

/** See the head of this file. Remove it when the test ends. */
export class UserProject {
  readonly path: string;

  constructor() {
    this.path = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-package-")));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  write(name: string, text: string): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  /** Runs a program in the project, or in a folder below it. */
  run(words: readonly string[], folder = "."): Ended {
    const [program = "", ...args] = words;
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: join(this.path, folder),
      encoding: "utf8",
      env: childEnvironment(),
    });
    return { status, output: `${stdout}${stderr}` };
  }

  /** Installs what package.json asks for, and `packages`. */
  install(packages: readonly string[] = [], folder = "."): void {
    const flags = ["--prefer-offline", "--no-audit", "--no-fund"];
    const { status, output } = this.run(["npm", "install", ...flags, ...packages], folder);
    if (status !== 0) throw new Error(`npm install ended with ${status}:\n${output}`);
  }

  /** Checks the types of the whole project, with the compiler of the checkout. */
  check(folder = "."): Ended {
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    return this.run([process.execPath, compiler, "--pretty", "false"], folder);
  }
}
