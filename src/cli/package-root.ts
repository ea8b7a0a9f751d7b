/**
 * Where the running package is, and what its package.json says: the version for `--version`, and
 * for `sheaf init` how a new project can depend on this very package.
 */

import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of package.json that is used. */
export interface PackageFacts {
  /** The folder of the package, absolute. */
  readonly root: string;
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Reads the package that this file belongs to: two folders up, in src/ as in dist/. */
export function readPackage(): PackageFacts {
  const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");
  const facts = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
    devDependencies?: Record<string, string>;
  };
  return { root, version: facts.version, devDependencies: facts.devDependencies ?? {} };
}

/**
 * What a package.json should say to get this package: its version if a registry had it, else its
 * folder (a checkout, or what was installed from a tarball), so that `npm install` finds it.
 */
export function dependencyOn({ root, version }: PackageFacts): string {
  const modules = dirname(root);
  const fromRegistry = basename(modules) === "node_modules" && !isInstalledFromFile(modules);
  return fromRegistry ? `^${version}` : `file:${root}`;
}

/** Whether npm's own record of the installation says that the package came from a file. */
function isInstalledFromFile(modules: string): boolean {
  try {
    const record = readFileSync(join(modules, ".package-lock.json"), "utf8");
    const { packages } = JSON.parse(record) as {
      packages?: Record<string, { resolved?: string } | undefined>;
    };
    return packages?.["node_modules/sheaf"]?.resolved?.startsWith("file:") ?? false;
  } catch {
    return false;
  }
}
