/**
 * How a new project can depend on the very package that runs, wherever that came from.
 */

import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { PackageFacts } from "../../base/package-facts.ts";

/**
 * What a package.json should say to get this package: its version if a registry had it, else its
 * folder (a checkout, or what was installed from a tarball), so that `npm install` finds it.
 */
export function dependencyOn({ root, version }: Pick<PackageFacts, "root" | "version">): string {
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
