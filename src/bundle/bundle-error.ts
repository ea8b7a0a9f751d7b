/**
 * What esbuild complains of, in the words of Sheaf: the user's file, line and column, the code
 * around it, and what to do. Nothing of ours or of esbuild's own stack is shown.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Location, Message, Note } from "esbuild";
import { messageOf, SheafError } from "../base/error.ts";
import { codeFrame } from "./code-frame.ts";
import { nearName } from "./job-file.ts";
import { displayPath } from "./job-name.ts";
import type { SourceLocation } from "./source-map.ts";

/** Errors shown in full; after a slip of syntax the rest is noise. */
const ERRORS_SHOWN_MAX = 3;
const NOTES_SHOWN_MAX = 3;
const UNRESOLVED = /^Could not resolve "(.+)"$/;
/** A package's name at the start of what is imported: `lodash/fp`, `@scope/name/deep`. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*(?=\/|$)/;

/** Whether an error is esbuild's list of what is wrong with the code. */
export function isBuildFailure(error: unknown): error is Error & { errors: Message[] } {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

/** The job's code does not compile, or what it imports cannot be found. */
export function bundleFailure(errors: readonly Message[], entry: string, cwd: string): SheafError {
  const folder = dirname(entry);
  const shown = errors.slice(0, ERRORS_SHOWN_MAX).map((error) => describe(error, folder, cwd));
  const more = errors.length - shown.length;
  if (more > 0) shown.push(`... and ${more} more.`);
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  const job = displayPath(entry, cwd);
  const first = errors[0]?.location;
  const where = first ? locate(first, folder) : undefined;
  return new SheafError(
    "JOB_INVALID",
    `Cannot load the job ${job}: ${count}.\n\n${shown.join("\n\n")}`,
    {
      data: { file: where?.file ?? entry, line: where?.line, column: where?.column },
    },
  );
}

/** esbuild itself did not run: it is missing, or made for another system. */
export function bundlerFailure(error: unknown, entry: string, cwd: string): SheafError {
  const reason = messageOf(error).trim().split("\n", 1)[0]!;
  return new SheafError(
    "JOB_INVALID",
    `Cannot bundle the job ${displayPath(entry, cwd)}: esbuild did not run (${reason}). ` +
      "Install Sheaf's dependencies again, on the machine that runs it: npm install.",
    { cause: error },
  );
}

/** A warning on one line. */
export function warningText(warning: Message, folder: string, cwd: string): string {
  const text = WARNINGS[warning.id] ?? `${warning.text}.`;
  if (warning.location === null) return text;
  return `${placeText(locate(warning.location, folder), cwd)}: ${text}`;
}

const WARNINGS: Readonly<Record<string, string>> = {
  "unsupported-dynamic-import":
    "This import() of a computed path is not part of the bundle: relative paths will not be " +
    "found, and absolute ones on this machine alone.",
  "unsupported-require-call":
    "This require() of a computed path is not part of the bundle: what it names will be found on " +
    "this machine alone.",
};

/** `file:line:column`, which terminals make a link of. */
function placeText({ file, line, column }: SourceLocation, cwd: string): string {
  return `${displayPath(file, cwd)}:${line}:${column}`;
}

/** Where a message points; esbuild counts columns in bytes, from 0. */
function locate(location: Location, folder: string): SourceLocation {
  const before = Buffer.from(location.lineText).subarray(0, location.column).toString();
  const file = location.namespace === "" || location.namespace === "file" ? location.file : "";
  return { file: resolve(folder, file), line: location.line, column: before.length + 1 };
}

function describe(error: Message, folder: string, cwd: string): string {
  const where = error.location === null ? undefined : locate(error.location, folder);
  const lines: string[] = [];
  if (where === undefined) {
    lines.push(error.text);
  } else {
    lines.push(`${placeText(where, cwd)}: ${error.text}`);
    const frame = codeFrame(readSource(where.file), where.line, where.column);
    if (frame !== undefined) lines.push(frame);
  }
  const unresolved = UNRESOLVED.exec(error.text)?.[1];
  const notes = error.notes
    .filter(({ text }) => !text.includes("mark the path"))
    .map((note) => noteText(note, folder, cwd));
  if (unresolved !== undefined)
    lines.push(...adviseImport(unresolved, notes, where?.file ?? folder, cwd));
  else lines.push(...notes.slice(0, NOTES_SHOWN_MAX));
  return lines.join("\n");
}

/** A note of esbuild's, with the place that its last word, "here:", points to. */
function noteText({ text, location }: Note, folder: string, cwd: string): string {
  const where = location === null ? undefined : locate(location, folder);
  const sentence = text.replace(/:$/, ".");
  return where === undefined ? sentence : `${placeText(where, cwd)}: ${sentence}`;
}

/** What to do about an import that leads nowhere. */
function adviseImport(path: string, notes: string[], importer: string, cwd: string): string[] {
  if (/^\.{0,2}\//.test(path)) {
    const target = resolve(dirname(importer), path);
    const near = nearName(basename(target), namesIn(dirname(target)));
    if (near === undefined) return [`There is no file ${displayPath(target, cwd)}.`];
    const suggestion = path.slice(0, path.length - basename(path).length) + near;
    return [`There is no such file. Did you mean "${suggestion}"?`];
  }
  if (notes.length > 0) return notes.slice(0, NOTES_SHOWN_MAX);
  const name = PACKAGE.exec(path)?.[0];
  if (name === undefined) {
    const where = path.startsWith("#") ? '"imports" in package.json' : '"paths" in tsconfig.json';
    return [`This is no package. If it is an alias, declare it under ${where}.`];
  }
  return [`The package "${name}" is not installed. Run: npm install ${name}`];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readSource(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
