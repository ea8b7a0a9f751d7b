import { spawnSync } from "node:child_process";
import {
  existsSync,
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
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeProcess } from "../../../test/support/fake-process.ts";
import { packageFacts } from "../../base/package-facts.ts";
import { main } from "../main.ts";
import { packageName } from "./init-command.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sheaf-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function init(...words: string[]) {
  const process = new FakeProcess();
  process.cwd = folder;
  const exitCode = await main(["init", ...words], process);
  return { exitCode, stdout: process.stdout.text, stderr: process.errorText };
}

const FILES = [
  ".gitignore",
  "README.md",
  "input.txt",
  "job.test.ts",
  "job.ts",
  "package.json",
  "tsconfig.json",
];

describe("sheaf init", () => {
  test("makes a folder with a project, and says what to do next", async () => {
    const { exitCode, stdout, stderr } = await init("a/my job");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(readdirSync(join(folder, "a/my job")).sort()).toEqual(FILES);
    expect(stderr).toBe(`Made a word count in a/my job: README.md, job.ts, job.test.ts, input.txt, \
package.json, tsconfig.json, .gitignore.

Next:
  cd 'a/my job'
  npm install
  npm start
  npm test
`);
  });

  test("without a folder, in the current one, beside what is there", async () => {
    writeFileSync(join(folder, "notes.txt"), "mine");
    const { exitCode, stderr } = await init();
    expect(exitCode).toBe(0);
    expect(readdirSync(folder).sort()).toEqual([...FILES, "notes.txt"].sort());
    expect(stderr).toContain("Next:\n  npm install\n");
  });

  test("package.json depends on this Sheaf and on the tools that it is tested with", async () => {
    await init("job");
    const made = JSON.parse(readFileSync(join(folder, "job/package.json"), "utf8"));
    const { root, devDependencies } = packageFacts();
    expect(made).toMatchObject({ name: "job", private: true, type: "module" });
    expect(made.dependencies).toEqual({ sheaf: `file:${root}` });
    expect(made.devDependencies).toEqual({
      "@types/node": devDependencies["@types/node"],
      typescript: devDependencies.typescript,
      vitest: devDependencies.vitest,
    });
    expect(Object.keys(made.scripts)).toEqual(["start", "test", "check"]);
  });

  test("every file of it is valid JSON where it should be, ends with a newline, has no tabs", async () => {
    await init("job");
    for (const name of FILES) {
      const text = readFileSync(join(folder, "job", name), "utf8");
      expect(text, name).toMatch(/[^\n]\n$/);
      expect(text, name).not.toMatch(/\t/);
      if (name.endsWith(".json")) expect(() => JSON.parse(text)).not.toThrow();
    }
  });

  test("its job and its test pass the compiler, with the types of this tree", async () => {
    await init("job");
    const { root } = packageFacts();
    symlinkSync(join(root, "node_modules"), join(folder, "job/node_modules"));
    const config = {
      extends: "./tsconfig.json",
      compilerOptions: {
        paths: {
          sheaf: [join(root, "src/index.ts")],
          "sheaf/testing": [join(root, "src/testing.ts")],
        },
      },
    };
    writeFileSync(join(folder, "job/tsconfig.here.json"), JSON.stringify(config));
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const words = [compiler, "--pretty", "false", "-p", "tsconfig.here.json"];
    const { stdout } = spawnSync(process.execPath, words, {
      cwd: join(folder, "job"),
      encoding: "utf8",
    });
    // The sources of Sheaf itself are checked elsewhere.
    expect(stdout.split("\n").filter((line) => /^(job|tsconfig|error)/.test(line))).toEqual([]);

    writeFileSync(join(folder, "job/job.test.ts"), 'import job from "./job.ts"; job.nothing;\n');
    const broken = spawnSync(process.execPath, words, {
      cwd: join(folder, "job"),
      encoding: "utf8",
    });
    expect(broken.stdout).toMatch(/^job\.test\.ts\(1,\d+\): error TS2339/m);
  });

  test("overwrites nothing: one file in its way, be it a broken link, and it writes none", async () => {
    writeFileSync(join(folder, "job.ts"), "mine");
    symlinkSync(join(folder, "nowhere"), join(folder, "tsconfig.json"));
    const { exitCode, stderr } = await init(".");
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      `error: Nothing was written, because ${folder} has these files already: job.ts, tsconfig.json. ` +
        "Choose another folder (sheaf init DIR), or move them away.\n",
    );
    expect(readFileSync(join(folder, "job.ts"), "utf8")).toBe("mine");
    expect(existsSync(join(folder, "package.json"))).toBe(false);
  });

  test("where a file is in place of the folder, it says so and ends with 1", async () => {
    writeFileSync(join(folder, "file"), "mine");
    for (const name of ["file", "file/below"]) {
      const { exitCode, stderr } = await init(name);
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/^error: Cannot make a project in .*: a .*file.*\.\n$/);
    }
  });

  test("when it cannot write all of it, nothing of it is left", async () => {
    // As on a full disk: a file can be made, and no byte written to it.
    const words = [join(packageFacts().root, "bin/sheaf"), "init", "a/b"];
    const limited = ["-c", 'ulimit -f 0; exec "$0" "$@"', process.execPath, ...words];
    const { status, stderr } = spawnSync("bash", limited, { cwd: folder, encoding: "utf8" });
    expect(stderr).toMatch(/^error: Cannot make a project in .*\/a\/b: .*EFBIG/);
    expect(status).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("where it may not write, it says so", async ({ skip }) => {
    if (process.getuid?.() === 0) skip("root may write anywhere");
    mkdirSync(join(folder, "closed"), { mode: 0o500 });
    const { exitCode, stderr } = await init("closed/job");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("you may not write there");
  });
});

describe("packageName", () => {
  test.each([
    ["my-job", "my-job"],
    ["My Job (2)", "my-job-2"],
    ["数える", "sheaf-job"],
    [".hidden", "hidden"],
    ["sheaf", "sheaf-job"],
    ["vitest", "vitest-job"],
  ])("the folder %j makes the package %j", (name, expected) => {
    expect(packageName(name)).toBe(expected);
  });

  test("a name too long for npm is cut", () => {
    expect(packageName("a".repeat(300))).toBe("a".repeat(100));
  });
});
