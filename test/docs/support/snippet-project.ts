/**
 * A temporary project of a user's, with everything in node_modules that the documentation imports:
 * Sheaf as it is published (package.json and dist/), and the packages that its examples use.
 */

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { ROOT } from "./pages.ts";

/** What a reader of the documentation installs besides Sheaf. */
const PACKAGES = ["@types/node", "htmlparser2", "typescript", "valibot", "vitest"];

const COMPILER_OPTIONS = {
  target: "es2023",
  lib: ["es2023"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowJs: true,
  checkJs: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Fails with what to do if the published files are not there. */
export function requireBuild(): void {
  if (existsSync(join(ROOT, "dist/index.d.ts"))) return;
  throw new Error("There is no dist/, which this test is about. Run: npm run build");
}

/** See the head of this file. Remove it when the test ends. */
export class SnippetProject {
  readonly path: string;

  constructor() {
    requireBuild();
    this.path = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-docs-")));
    this.write("package.json", '{ "name": "snippets", "private": true, "type": "module" }\n');
    this.#link(ROOT, "node_modules/sheaf");
    for (const name of PACKAGES) {
      this.#link(join(ROOT, "node_modules", name), `node_modules/${name}`);
    }
    this.#link(join(ROOT, "bin/sheaf"), "node_modules/.bin/sheaf");
    for (const tool of ["tsc", "vitest"]) {
      const program = realpathSync(join(ROOT, "node_modules/.bin", tool));
      this.#link(program, `node_modules/.bin/${tool}`);
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Writes a file by its path below the project. */
  write(name: string, text: string | Uint8Array): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), "utf8");
  }

  #link(target: string, name: string): void {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }

  /** Checks the types of every file; what the compiler says is wrong. */
  typeErrors(): string[] {
    const config = {
      compilerOptions: COMPILER_OPTIONS,
      include: ["**/*.ts", "**/*.js", "**/*.mjs"],
    };
    this.write("tsconfig.json", JSON.stringify(config));
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      [compiler, "--pretty", "false", "-p", this.path],
      { cwd: this.path, encoding: "utf8" },
    );
    // What explains an error further is indented.
    const errors = `${stdout}${stderr}`.split(/\n(?! )/).filter((error) => error.trim() !== "");
    if (status !== 0 && errors.length === 0) throw new Error(`The compiler ended with ${status}.`);
    return errors;
  }
}
