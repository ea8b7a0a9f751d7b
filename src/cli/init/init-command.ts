/**
 * `sheaf init`: writes a new project into a folder, and says what to do with it. It overwrites
 * nothing: one file in its way, and it writes none. What it cannot write whole, it takes back.
 */

import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, SheafError, systemCodeOf } from "../../base/error.ts";
import { type PackageFacts, packageFacts } from "../../base/package-facts.ts";
import type { Dependencies } from "../dependencies.ts";
import { spellOneLine } from "../display/cell-width.ts";
import { paint, themeFor } from "../display/theme.ts";
import { EXIT_DONE } from "../exit-code.ts";
import { dependencyOn } from "./dependency-on.ts";
import { projectFiles } from "./templates.ts";

/** Runs the command and returns the exit code. Throws `OUTPUT_EXISTS` and `OUTPUT_FAILED`. */
export async function initCommand(
  folder: string | undefined,
  dependencies: Pick<Dependencies, "cwd" | "stderr" | "env">,
  facts: PackageFacts = packageFacts(),
): Promise<number> {
  const root = resolve(dependencies.cwd, folder ?? ".");
  const files = projectFiles({
    name: packageName(basename(root)),
    sheaf: dependencyOn(facts),
    versions: facts.devDependencies,
  });
  attempt(root, () => {
    refuseExisting(root, [...files.keys()]);
    writeAll(root, files);
  });
  const { stderr, env } = dependencies;
  const strong = (text: string): string => paint(themeFor(stderr, env), "strong", text);
  const place = folder === undefined ? "the current folder" : spellOneLine(folder);
  const steps = [
    ...(root === resolve(dependencies.cwd) ? [] : [`cd ${shellWord(folder ?? root)}`]),
    "npm install",
    "npm start",
    "npm test",
  ];
  stderr.write(`Made a word count in ${strong(place)}: ${[...files.keys()].join(", ")}.\n\n`);
  stderr.write(`Next:\n${steps.map((step) => `  ${strong(step)}\n`).join("")}`);
  return EXIT_DONE;
}

/** Writes all of the files, or leaves nothing of its own: neither files nor folders. */
function writeAll(root: string, files: ReadonlyMap<string, string>): void {
  const topmost = mkdirSync(root, { recursive: true });
  const made: string[] = [];
  try {
    for (const [name, text] of files) {
      const path = join(root, name);
      // "wx": also a file that has appeared since then is left as it is.
      const file = openSync(path, "wx");
      made.push(path);
      try {
        writeFileSync(file, text);
      } finally {
        closeSync(file);
      }
    }
  } catch (thrown) {
    for (const path of made) rmSync(path, { force: true });
    if (topmost !== undefined) removeEmpty(root, topmost);
    throw thrown;
  }
}

/** Removes folders from the lowest to the topmost, up to one that somebody else has put to use. */
function removeEmpty(lowest: string, topmost: string): void {
  try {
    for (let folder = lowest; folder.startsWith(topmost); folder = dirname(folder))
      rmdirSync(folder);
  } catch {
    // It holds something, and stays.
  }
}

function refuseExisting(root: string, names: readonly string[]): void {
  const existing = names.filter((name) => exists(join(root, name)));
  if (existing.length === 0) return;
  throw new SheafError(
    "OUTPUT_EXISTS",
    `Nothing was written, because ${root} has these files already: ${existing.join(", ")}. ` +
      "Choose another folder (sheaf init DIR), or move them away.",
  );
}

/** Whether there is anything by that name, be it a broken link. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function attempt(root: string, write: () => void): void {
  try {
    write();
  } catch (thrown) {
    if (thrown instanceof SheafError) throw thrown;
    const why = WHY[systemCodeOf(thrown) ?? ""] ?? messageOf(thrown);
    throw new SheafError("OUTPUT_FAILED", `Cannot make a project in ${root}: ${why}.`, {
      cause: thrown,
    });
  }
}

const WHY: Readonly<Record<string, string>> = {
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EEXIST: "a file is in its place",
  ENOTDIR: "a part of the path is a file, not a folder",
};

/** A folder's name as npm accepts it for a package, and as none of the dependencies is called. */
export function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+|[._-]+$/g, "")
    .slice(0, 100);
  if (name === "") return "sheaf-job";
  return ["sheaf", "typescript", "vitest", "node_modules"].includes(name) ? `${name}-job` : name;
}

/** A word that a shell takes as it stands, quoted if need be. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
