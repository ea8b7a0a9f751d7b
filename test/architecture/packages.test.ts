/**
 * What the package promises to those who install it: that its examples find what they import, and
 * that nobody is sent to a registry that is not theirs.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(read("package.json")) as Manifest;
const dependencies = Object.keys(manifest.dependencies);

function importedPackages(source: string): string[] {
  const specifiers = [...source.matchAll(/^(?:import|\}) .*?from "([^".][^"]*)";$/gm)];
  return specifiers.map(([, specifier]) => specifier!.replace(/^((?:@[^/]+\/)?[^/]+).*$/, "$1"));
}

describe("packages", () => {
  it("are a dependency or a tool, not both", () => {
    expect(dependencies.filter((name) => name in manifest.devDependencies)).toEqual([]);
  });

  const examples = readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".ts"));

  it.each(examples)("that %s imports come with Sheaf, or its head says how to get them", (name) => {
    const source = read(`examples/${name}`);
    const head = source.slice(0, source.indexOf("*/"));
    const imported = importedPackages(source);
    expect(imported).toContain("sheaf");
    for (const each of imported.filter((one) => one !== "sheaf" && !dependencies.includes(one))) {
      expect(head).toMatch(new RegExp(`npm install .*\\b${each}\\b`));
      expect(Object.keys(manifest.devDependencies)).toContain(each);
    }
  });

  it.each(["package-lock.json", "bench/package-lock.json"])("in %s name no registry", (path) => {
    expect(read(path)).not.toContain('"resolved"');
    expect(read(path)).toContain('"integrity"');
  });
});
