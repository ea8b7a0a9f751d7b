/**
 * The package that runs: where it is, and what its package.json says. Read once, when first asked.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of package.json that is used. */
export interface PackageFacts {
  /** The folder of the package, absolute. */
  readonly root: string;
  /** For example `0.1.0`. */
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

let facts: PackageFacts | undefined;

/** The facts of the package that this file belongs to: two folders up, in src/ as in dist/. */
export function packageFacts(): PackageFacts {
  facts ??= read(fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, ""));
  return facts;
}

function read(root: string): PackageFacts {
  const said = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
    devDependencies?: Record<string, string>;
  };
  return { root, version: said.version, devDependencies: said.devDependencies ?? {} };
}
