/** The version of the Sheaf that runs, as its package.json says. */

import { readFileSync } from "node:fs";

let version: string | undefined;

/** For example `0.1.0`. */
export function sheafVersion(): string {
  if (version === undefined) {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    version = (JSON.parse(text) as { version: string }).version;
  }
  return version;
}
