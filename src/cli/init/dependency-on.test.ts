import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dependencyOn } from "./dependency-on.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sheaf-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a project says that depends on a Sheaf installed below `modules`. */
function dependency(modules: string, record?: unknown): string {
  mkdirSync(modules, { recursive: true });
  if (record !== undefined)
    writeFileSync(join(modules, ".package-lock.json"), JSON.stringify(record));
  return dependencyOn({ root: join(modules, "sheaf"), version: "1.2.3" });
}

const installedFrom = (resolved: string) => ({ packages: { "node_modules/sheaf": { resolved } } });

describe("dependencyOn", () => {
  test("a checkout is named by its folder", () => {
    expect(dependency(folder)).toBe(`file:${join(folder, "sheaf")}`);
  });

  test("what a registry had is named by its version", () => {
    const modules = join(folder, "node_modules");
    expect(dependency(modules)).toBe("^1.2.3");
    expect(dependency(modules, { packages: {} })).toBe("^1.2.3");
    expect(dependency(modules, installedFrom("https://registry/sheaf-1.2.3.tgz"))).toBe("^1.2.3");
  });

  test("what came from a tarball is named by its folder", () => {
    const modules = join(folder, "node_modules");
    const record = installedFrom("file:../sheaf-1.2.3.tgz");
    expect(dependency(modules, record)).toBe(`file:${join(modules, "sheaf")}`);
  });
});
