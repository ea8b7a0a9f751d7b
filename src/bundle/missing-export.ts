/**
 * The one error of loading that has no stack in the user's code: an import of a name that a module
 * (Sheaf's own, or one of Node's) does not export. The import is looked up in the user's sources.
 */

import { SheafError } from "../base/error.ts";
import { nearest } from "../base/suggest.ts";
import { codeFrame } from "./code-frame.ts";
import type { JobBundle, RuntimeModules } from "./job-bundle.ts";
import { displayPath } from "./job-name.ts";
import { sourcesOf } from "./source-map.ts";

const MISSING_EXPORT = /^The requested module '(.+)' does not provide an export named '(.+)'/s;

/** The error in the user's terms, if it is an import of a missing name. */
export async function missingExport(
  error: unknown,
  bundle: JobBundle,
  runtime: RuntimeModules,
): Promise<SheafError | undefined> {
  const match = error instanceof SyntaxError ? MISSING_EXPORT.exec(error.message) : null;
  if (match === null) return undefined;
  const [, address, name] = match as unknown as [string, string, string];
  const module = importedName(address, runtime);
  const names = Object.keys((await import(address).catch(() => ({}))) as object);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  const job = displayPath(bundle.entry, bundle.cwd);
  const message = `Cannot load the job ${job}: "${module}" exports no "${name}".${hint}`;
  const where = findImport(bundle, module, name);
  return new SheafError("JOB_INVALID", where === undefined ? message : `${message}\n\n${where}`, {
    cause: error,
  });
}

/** What the user's code calls a module. */
function importedName(address: string, runtime: RuntimeModules): string {
  if (address === runtime.index) return "sheaf";
  return address === runtime.testing ? "sheaf/testing" : address;
}

/** The user's import of a name from a module, as `file:line:column` and a code frame. */
function findImport(bundle: JobBundle, module: string, name: string): string | undefined {
  const sources = sourcesOf(bundle);
  for (const file of sources.files) {
    const text = sources.isOwn(file) ? (sources.textOf(file) ?? "") : "";
    for (const statement of text.matchAll(/\bimport\b([^;'"]*)\bfrom\s*['"]([^'"\n]+)['"]/g)) {
      if (statement[2] !== module) continue;
      const at = wordIndex(statement[0], name);
      if (at === -1) continue;
      const before = text.slice(0, statement.index + at).split("\n");
      const [line, column] = [before.length, before.at(-1)!.length + 1];
      const frame = codeFrame(text, line, column) ?? "";
      return `${displayPath(file, bundle.cwd)}:${line}:${column}\n${frame}`;
    }
  }
  return undefined;
}

/** Where a name stands in a text as a word of its own, or -1. */
function wordIndex(text: string, name: string): number {
  for (const word of text.matchAll(/[\p{ID_Continue}$]+/gu)) {
    if (word[0] === name) return word.index;
  }
  return -1;
}
