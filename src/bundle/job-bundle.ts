/**
 * A job as it travels: one ES module with its source map, plain data for any thread or machine. The
 * imports left in its code are Node's built-in modules and the tokens of Sheaf's own modules, which
 * whoever loads it replaces by the addresses of the Sheaf that runs.
 */

import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** See the head of this file. Made by `bundleJob`, used by `loadBundle` and `describeUserError`. */
export interface JobBundle {
  /** The module: the user's files and their npm dependencies. */
  readonly code: string;
  /** Its source map (version 3, as JSON), with the sources' text; their paths are absolute. */
  readonly map: string;
  /** SHA-256 of `code`, in hexadecimal; what names a job on a cluster. */
  readonly hash: string;
  /** The job file's absolute path on the machine that bundled it. */
  readonly entry: string;
  /** The job's name for displays. */
  readonly entryName: string;
  /** Where the command was given: paths below it are shown relative to it, on any machine. */
  readonly cwd: string;
  /** Packages that hold a native addon; using one throws, so a job may still fall back. */
  readonly nativeAddons: readonly string[];
  /** What may not work when the job runs, a sentence each. */
  readonly warnings: readonly string[];
}

/** The modules that a job imports Sheaf by, and the tokens that stand for them in a bundle. */
export const RUNTIME_TOKENS: ReadonlyMap<string, string> = new Map([
  ["sheaf", "sheaf-runtime:index"],
  ["sheaf/testing", "sheaf-runtime:testing"],
]);

/** Addresses of Sheaf's own modules, by the last part of their tokens. */
export interface RuntimeModules {
  readonly index: string;
  readonly testing: string;
}

/** A bundle is loaded from an address that is all its code, in base64 after this. */
export const MODULE_ADDRESS = "data:text/javascript;base64,";

/** Ends the address of a bundle's script in stack frames; the hash tells it from any other. */
export function scriptMark(bundle: JobBundle): string {
  return `.sheaf-${bundle.hash.slice(0, 16)}.mjs`;
}

/**
 * The address under which a bundle's code appears to stack traces and debuggers. It lies beside the
 * job file, because debuggers ignore the source maps of scripts outside the folder they have open;
 * no such file exists.
 */
export function scriptUrl(bundle: JobBundle): string {
  const path = join(dirname(bundle.entry), `${bundle.entryName}${scriptMark(bundle)}`);
  // V8 drops a `sourceURL` that holds quotes or spaces; spaces are encoded already.
  return pathToFileURL(path).href.replaceAll("'", "%27").replaceAll('"', "%22");
}
