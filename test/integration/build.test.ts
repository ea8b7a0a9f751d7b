/**
 * `scripts/build.mjs` in a project of two lines: dist is always a whole build, the old one or the
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
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const project = mkdtempSync(join(tmpdir(), "sheaf-build-"));
afterAll(() => rmSync(project, { recursive: true }));

mkdirSync(join(project, "src"));
symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
write("package.json", '{ "type": "module" }');
write(
  "tsconfig.build.json",
  JSON.stringify({
    compilerOptions: { rootDir: "src", outDir: "dist", sourceMap: true, types: [] },
    include: ["src"],
  }),
);

function write(name: string, text: string): void {
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
const built = (): string[] => readdirSync(join(project, "dist")).sort();

test("build: dist holds what was compiled, nothing of before, and nothing is left beside it", () => {
  write("src/one.ts", "export const one: number = 1;\n");
  expect(build()).toEqual({ status: 0, printed: "" });
  expect(built()).toEqual(["one.js", "one.js.map"]);
  const map = JSON.parse(readFileSync(join(project, "dist/one.js.map"), "utf8")) as object;
  expect(map).toMatchObject({ sources: ["../src/one.ts"] });

  rmSync(join(project, "src/one.ts"));
  write("src/two.ts", "export const two: number = 2;\n");
  expect(build().status).toBe(0);
  expect(built()).toEqual(["two.js", "two.js.map"]);
  expect(folders()).toEqual(["dist"]);
});

test("build: sources that do not compile leave dist as it was", () => {
  write("src/three.ts", 'export const three: number = "3";\n');
  const { status, printed } = build();
  expect(status).not.toBe(0);
  expect(printed).toContain("src/three.ts");
  expect(built()).toEqual(["two.js", "two.js.map"]);
  expect(folders()).toEqual(["dist"]);
});
