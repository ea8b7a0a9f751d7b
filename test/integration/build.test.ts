/**
 * `scripts/build.mjs` in a project of a few lines: dist is always a whole build, the old one or the
 * new.
 */

import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "sheaf-build-"));
afterAll(() => rmSync(project, { recursive: true }));

symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
write("package.json", '{ "type": "module" }');
write(
  "tsconfig.build.json",
  JSON.stringify({
    compilerOptions: {
      rootDir: "src",
      outDir: "dist",
      module: "nodenext",
      rewriteRelativeImportExtensions: true,
      declaration: true,
      emitDeclarationOnly: true,
      types: [],
    },
    include: ["src"],
  }),
);
write("src/shared.ts", "export const shared = { uses: 0 };\n");
for (const entry of [
  "index",
  "testing",
  "cli/main",
  "slot/slot-thread",
  "master/driver/driver-thread",
]) {
  const path = `./${"../".repeat(entry.split("/").length - 1)}shared.ts`;
  write(`src/${entry}.ts`, `export { shared } from "${path}";\n`);
}

function write(name: string, text: string): void {
  mkdirSync(dirname(join(project, name)), { recursive: true });
  writeFileSync(join(project, name), text);
}

function build(): { readonly status: number | null; readonly printed: string } {
  const script = join(ROOT, "scripts", "build.mjs");
  const { status, stdout } = spawnSync(process.execPath, [script], {
    cwd: project,
    encoding: "utf8",
  });
  return { status, printed: stdout };
}

/** What stands beside the sources. */
const folders = (): string[] => readdirSync(project).filter((name) => name.startsWith("dist"));

/** The files of dist, without the hashes in their names. */
function built(): string[] {
  const names = readdirSync(join(project, "dist"), { recursive: true, encoding: "utf8" });
  return names.map((name) => name.replace(/-[A-Z0-9]{8}\./, ".")).sort();
}

test("build: dist holds declarations and code, nothing of before, and nothing is left beside it", () => {
  write("src/one.ts", "export const one: number = 1;\n");
  expect(build()).toEqual({ status: 0, printed: "" });
  expect(built()).toContain("one.d.ts");

  rmSync(join(project, "src/one.ts"));
  expect(build().status).toBe(0);
  expect(built()).toEqual([
    "chunks",
    "chunks/chunk.js",
    "chunks/chunk.js.map",
    "cli",
    "cli/main.d.ts",
    "cli/main.js",
    "cli/main.js.map",
    "index.d.ts",
    "index.js",
    "index.js.map",
    "master",
    "master/driver",
    "master/driver/driver-thread.d.ts",
    "master/driver/driver-thread.js",
    "master/driver/driver-thread.js.map",
    "shared.d.ts",
    "slot",
    "slot/slot-thread.d.ts",
    "slot/slot-thread.js",
    "slot/slot-thread.js.map",
    "testing.d.ts",
    "testing.js",
    "testing.js.map",
  ]);
  expect(folders()).toEqual(["dist"]);
});

test("build: what several entries import is one module, and its source map leads to the source", async () => {
  expect(build().status).toBe(0);
  const load = async (name: string) =>
    (await import(pathToFileURL(join(project, "dist", name)).href)) as { shared: object };
  expect((await load("index.js")).shared).toBe((await load("slot/slot-thread.js")).shared);
  const [chunk] = readdirSync(join(project, "dist/chunks")).filter((name) => name.endsWith(".map"));
  const map = JSON.parse(readFileSync(join(project, "dist/chunks", chunk!), "utf8")) as object;
  expect(map).toMatchObject({ sources: ["../../src/shared.ts"] });
});

test("build: sources that do not compile leave dist as it was", () => {
  expect(build().status).toBe(0);
  const before = built();
  write("src/three.ts", 'export const three: number = "3";\n');
  const { status, printed } = build();
  expect(status).not.toBe(0);
  expect(printed).toContain("src/three.ts");
  expect(built()).toEqual(before);
  expect(folders()).toEqual(["dist"]);
});
