import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildRuntime, compile, JobFolder, jobSource } from "../../test/support/job-folder.ts";
import { SheafError } from "../base/error.ts";
import { bundleJob } from "./bundle-job.ts";
import type { JobBundle, RuntimeModules } from "./job-bundle.ts";
import { loadBundle } from "./load-bundle.ts";

let root: JobFolder;
let runtime: RuntimeModules;

beforeAll(async () => {
  root = await JobFolder.create();
  runtime = await buildRuntime(root);
});

afterAll(async () => {
  await root.remove();
});

/** Writes a project of its own and bundles its `job.ts`, or what `entry` names. */
async function bundle(files: Record<string, string>, entry = "job.ts"): Promise<JobBundle> {
  const project = await root.folder(files);
  return await bundleJob(entry, project.path);
}

/** What the `map` of a bundled job returns. */
async function result(bundled: JobBundle): Promise<unknown> {
  const { steps } = await loadBundle(bundled, { runtime });
  const map = steps[0]!.job.definition.map as unknown as () => unknown;
  return await map();
}

/** The message of the error that bundling gives. */
async function refusal(files: Record<string, string>, entry?: string): Promise<string> {
  const error = await bundle(files, entry).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SheafError);
  expect((error as SheafError).code).toBe("JOB_INVALID");
  return (error as SheafError).message;
}

const returning = (expression: string, before = "") =>
  jobSource({ before, map: `map() { return ${expression} as never; }` });

test("bundleJob: TypeScript's own syntax is compiled", async () => {
  const before = [
    "enum Colour { Red = 1, Blue }",
    "namespace Units { export const kilo = 1000; }",
    "class Point {",
    "  constructor(readonly x: number, private y = 2) {}",
    "  sum() { return this.x + this.y; }",
    "}",
    "const generic = <T,>(value: T): T => value;",
    "type Unused = string;",
  ].join("\n");
  const expression = "[Colour.Blue, Units.kilo, new Point(1).sum(), generic(7)!]";
  expect(await result(await bundle({ "job.ts": returning(expression, before) }))).toEqual([
    2, 1000, 3, 7,
  ]);
});

test("bundleJob: the tsconfig.json of the job is respected", async () => {
  const bundled = await bundle({
    "job.ts": returning("deep", 'import { deep } from "@lib/deep.js";'),
    "lib/deep.ts": "export const deep: number = 5;",
    "tsconfig.json": '{ "compilerOptions": { /* an alias */ "paths": { "@lib/*": ["./lib/*"] } } }',
  });
  expect(await result(bundled)).toBe(5);
});

test("bundleJob: JSON, the job's own files, built-in modules and import() work", async () => {
  const before = [
    'import stop from "./stop-words.json" with { type: "json" };',
    'import { double } from "./lib/double.ts";',
    'import { join } from "path";',
    'const { triple } = await import("./lib/triple.js");',
  ].join("\n");
  const bundled = await bundle({
    "job.ts": returning('[stop.length, double(2), triple(2), join("a", "b")]', before),
    "stop-words.json": '["the", "a"]',
    "lib/double.ts": "export const double = (n: number): number => n * 2;",
    "lib/triple.ts": "export const triple = (n: number): number => n * 3;",
  });
  expect(await result(bundled)).toEqual([2, 4, 6, "a/b"]);
});

test("bundleJob: import() of a partly computed path brings every file it may mean", async () => {
  const bundled = await bundle({
    "job.ts": jobSource({
      before: 'const language = "de";',
      map: `async map() { return (await import("./words/" + language + ".ts")).words; }`,
    }),
    "words/de.ts": 'export const words = ["der"];',
    "words/en.ts": 'export const words = ["the"];',
  });
  expect(await result(bundled)).toEqual(["der"]);
  expect(bundled.warnings).toEqual([]);
});

test("bundleJob: npm dependencies are bundled, CommonJS ones too", async () => {
  const before = 'import { upper } from "esm-one";\nimport paths, { base } from "cjs-one";';
  const bundled = await bundle({
    "job.ts": returning(
      '[upper("a"), base("x/y"), paths.sep(), paths.here, paths.json.version]',
      before,
    ),
    "node_modules/esm-one/package.json": '{ "type": "module", "exports": "./main.js" }',
    "node_modules/esm-one/main.js": "export const upper = (s) => s.toUpperCase();",
    "node_modules/cjs-one/package.json": '{ "version": "1.2.3" }',
    "node_modules/cjs-one/index.js": [
      '"use strict"; const path = require("path");',
      "exports.base = path.basename;",
      'exports.sep = () => require("node:path").sep;',
      "exports.here = __filename.slice(-22) + typeof __dirname;",
      'exports.json = require("./package.json");',
    ].join("\n"),
  });
  expect(await result(bundled)).toEqual(["A", "y", "/", "dules/cjs-one/index.jsstring", "1.2.3"]);
});

test("bundleJob: a dependency that requires or imports sheaf gets the one that runs", async () => {
  const bundled = await bundle({
    "job.ts": returning(
      "[one === defineJob, two === sum, (await import('sheaf')).sum === sum, runs]",
      [
        'import one from "cjs-one";',
        'import two from "esm-one";',
        'import { runs } from "sheaf/testing";',
      ].join("\n"),
    ).replace("map()", "async map()"),
    "node_modules/cjs-one/index.js": 'module.exports = require("sheaf").defineJob;',
    "node_modules/esm-one/package.json": '{ "type": "module", "exports": "./main.js" }',
    "node_modules/esm-one/main.js": 'export { sum as default } from "sheaf";',
    "node_modules/sheaf/package.json": '{ "name": "sheaf", "exports": "./index.js" }',
    "node_modules/sheaf/index.js": 'throw new Error("this is another copy");',
  });
  expect(await result(bundled)).toEqual([true, true, true, "in a test"]);
});

test("bundleJob: every file keeps its own address", async () => {
  const addresses =
    "[import.meta.url, import.meta.dirname, import.meta.filename, __dirname, __filename]";
  const project = await root.folder({
    "it's a job.ts": returning(
      "[here, there]",
      `import { there } from "./lib/é.mts";\nconst here = ${addresses};`,
    ),
    "lib/é.mts": `export const there = ${addresses};`,
  });
  const of = (name: string, folder: string) => {
    const file = project.file(name);
    return [pathToFileURL(file).href, folder, file, folder, file];
  };
  expect(await result(await bundleJob("it's a job.ts", project.path))).toEqual([
    of("it's a job.ts", project.path),
    of("lib/é.mts", project.file("lib")),
  ]);
});

test("bundleJob: a job may define __dirname and require for itself", async () => {
  const before = [
    'import { createRequire } from "node:module";',
    'import { dirname } from "node:path";',
    'import { fileURLToPath } from "node:url";',
    'import base from "cjs-one";',
    "const __dirname = dirname(fileURLToPath(import.meta.url));",
    "const require = createRequire(import.meta.url);",
  ].join("\n");
  const bundled = await bundle({
    "job.ts": returning('[__dirname.length > 1, require("./data.json"), base]', before),
    "data.json": "[1]",
    "node_modules/cjs-one/index.js": 'module.exports = require("path").basename("a/b");',
  });
  expect(await result(bundled)).toEqual([true, [1], "b"]);
});

test("bundleJob: a job in CommonJS works, written by hand or by a compiler", async () => {
  const job =
    "defineJob({ input: text(), intermediate: { key: string(), value: int() }, map: () => 4, reduce: sum })";
  const head = 'const { defineJob, text, string, int, sum } = require("sheaf");';
  const files = {
    "plain.cjs": `${head} module.exports = ${job};`,
    "compiled.js": `"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); ${head} exports.default = ${job};`,
  };
  expect(await result(await bundle(files, "plain.cjs"))).toBe(4);
  expect(await result(await bundle(files, "compiled.js"))).toBe(4);
});

test("bundleJob: a bundle is plain data, named by the hash of its code", async () => {
  const files = { "word-count.ts": returning("1") };
  const bundled = await bundle(files, "word-count.ts");
  expect(structuredClone(bundled)).toEqual(bundled);
  expect(bundled.hash).toBe(createHash("sha256").update(bundled.code).digest("hex"));
  expect(bundled.entryName).toBe("word-count");
  expect(bundled.entry).toBe(`${bundled.cwd}/word-count.ts`);
  expect(bundled.warnings).toEqual([]);
});

test("bundleJob: the code is the same in any folder, working directory and Sheaf", async () => {
  const files = {
    "jobs/a.ts": returning("b", 'import { b } from "./b.js";'),
    "jobs/b.ts": "export const b = 1;",
  };
  const [here, there] = [await root.folder(files), await root.folder(files)];
  const first = await bundleJob("jobs/a.ts", here.path);
  const second = await bundleJob("a.ts", there.file("jobs"));
  expect(second.code).toBe(first.code);
  expect(first.code).not.toContain(root.path);
  expect(first.code).toContain('from "sheaf-runtime:index"');
});

test("bundleJob: a closure is left as it is, since maps make one per record", async () => {
  const before = "const outer = (f: () => number) => f();";
  const bundled = await bundle({
    "job.ts": returning("outer(() => { const inner = () => 1; return inner(); })", before),
  });
  expect(bundled.code).toContain("const inner = () => 1;");
});

test("bundleJob: a regular expression stays a literal, compiled once for all records", async () => {
  const literals = ["/\\p{L}+/gu", "/(?<word>a)(?<=b)/sdy", "/[\\p{L}--[a-z]]/v"];
  const bundled = await bundle({ "job.ts": returning(`[${literals.join(", ")}]`) });
  for (const literal of literals) expect(bundled.code).toContain(literal);
  expect(bundled.code).not.toContain("new RegExp");
});

test("bundleJob: computed imports are left as they are, with a warning", async () => {
  const before = [
    'const name = "./x" + process.pid;',
    "export const a = () => import(name);",
    "export const b = () => require(name);",
  ].join("\n");
  const bundled = await bundle({ "job.ts": returning("1", before) });
  expect(bundled.warnings).toMatchInlineSnapshot(`
    [
      "job.ts:3:24: This import() of a computed path is not part of the bundle: relative paths will not be found, and absolute ones on this machine alone.",
      "job.ts:4:24: This require() of a computed path is not part of the bundle: what it names will be found on this machine alone.",
    ]
  `);
});

test("bundleJob: a native addon throws when it is used, and its package is named", async () => {
  const bundled = await bundle({
    "job.ts": returning("fast", 'import fast from "with-fallback";'),
    "node_modules/with-fallback/index.js":
      'try { module.exports = require("@fast/linux"); } catch (error) { module.exports = error.message; }',
    "node_modules/@fast/linux/package.json": '{ "main": "build/fast.node" }',
    "node_modules/@fast/linux/build/fast.node": "\0binary",
  });
  expect(bundled.nativeAddons).toEqual(["@fast/linux"]);
  expect(await result(bundled)).toBe(
    "@fast/linux is a native addon, which cannot be part of a job.",
  );
});

test("bundleJob: a file that is not there is named, with the one that may be meant", async () => {
  const files = { "jobs/word-count.ts": "", "jobs/notes.txt": "" };
  expect(await refusal(files, "jobs/wordcount.ts")).toBe(
    "Cannot read the job jobs/wordcount.ts: no such file. Did you mean jobs/word-count.ts?",
  );
  expect(await refusal(files, "jobs/word-count")).toBe(
    "Cannot read the job jobs/word-count: no such file. Did you mean jobs/word-count.ts?",
  );
  expect(await refusal(files, "jobs/page-rank.ts")).toBe(
    "Cannot read the job jobs/page-rank.ts: no such file.",
  );
  expect(await refusal(files, "job/word-count.ts")).toBe(
    "Cannot read the job job/word-count.ts: no such file in job, which is empty or does not exist.",
  );
});

test("bundleJob: a folder and a file that is no module are refused", async () => {
  const files = { "jobs/word-count.ts": "", "jobs/notes.txt": "" };
  expect(await refusal(files, "jobs")).toBe(
    "Cannot read the job jobs: it is a folder. Name a file in it, such as jobs/word-count.ts.",
  );
  expect(await refusal(files, "jobs/notes.txt")).toBe(
    "Cannot read the job jobs/notes.txt: a job is a TypeScript or JavaScript module, and its name " +
      "ends in .ts, .mts, .cts, .js, .mjs or .cjs.",
  );
});

test("bundleJob: a file that may not be read is refused", async ({ skip }) => {
  if (process.getuid?.() === 0) skip("root may read anything");
  const project = await root.folder({ "job.ts": "" });
  await chmod(join(project.path, "job.ts"), 0);
  await expect(bundleJob("job.ts", project.path)).rejects.toThrow(
    "Cannot read the job job.ts: permission denied (EACCES). Give the user who runs it permission",
  );
});

test("bundleJob: a syntax error shows its line, its column and a caret", async () => {
  const message = await refusal({ "job.ts": 'const é = "ééé"; let a = ;\nexport default a;\n' });
  expect(message).toMatchInlineSnapshot(`
    "Cannot load the job job.ts: 1 error.

    job.ts:1:26: Unexpected ";"
    > 1 | const é = "ééé"; let a = ;
        |                          ^
      2 | export default a;"
  `);
});

test("bundleJob: an error in an imported file names that file", async () => {
  const message = await refusal({
    "job.ts": returning("words", 'import { words } from "./lib/words.js";'),
    "lib/words.ts": "export const words = [\n\t'a',\n\t'b';\n];\n",
  });
  expect(message).toMatchInlineSnapshot(`
    "Cannot load the job job.ts: 1 error.

    lib/words.ts:3:5: Expected "]" but found ";"
      1 | export const words = [
      2 |   'a',
    > 3 |   'b';
        |      ^
      4 | ];"
  `);
});

test("bundleJob: the error carries the place as data", async () => {
  const project = await root.folder({ "job.ts": "let a = ;" });
  const error = await bundleJob("job.ts", project.path).catch((thrown: unknown) => thrown);
  expect((error as SheafError).data).toEqual({ file: project.file("job.ts"), line: 1, column: 9 });
});

test("bundleJob: a missing package comes with the command that installs it", async () => {
  const message = await refusal({ "job.ts": returning("_", 'import _ from "@scope/lodash/fp";') });
  expect(message).toMatchInlineSnapshot(`
    "Cannot load the job job.ts: 1 error.

    job.ts:2:15: Could not resolve "@scope/lodash/fp"
      1 | import { defineJob, text, string, int, sum } from "sheaf";
    > 2 | import _ from "@scope/lodash/fp";
        |               ^
      3 | export default defineJob({
      4 |   input: text(),
    The package "@scope/lodash" is not installed. Run: npm install @scope/lodash"
  `);
});

test.each([
  ['import x from "./helpr.js";', 'There is no such file. Did you mean "./helper.ts"?'],
  ['import x from "./lib/data.csv";', "There is no file lib/data.csv."],
  ['import x from "has/sub";', 'The path "./sub" is not exported by package "has".'],
  [
    'import x from "@/x";',
    'This is no package. If it is an alias, declare it under "paths" in tsconfig.json.',
  ],
  [
    'import x from "#x";',
    'This is no package. If it is an alias, declare it under "imports" in package.json.',
  ],
  ['import x from "node:nope";', `Node ${process.versions.node} has no module "node:nope"`],
  ['import x from "sheaf/nope";', 'Sheaf has no module "sheaf/nope"'],
])("bundleJob: %s is answered with %s", async (line, answer) => {
  const message = await refusal({
    "job.ts": returning("x", line),
    "helper.ts": "export default 1;",
    "node_modules/has/package.json": '{ "exports": { ".": "./index.js" } }',
    "node_modules/has/index.js": "",
  });
  expect(message).toContain("job.ts:2:15: ");
  expect(message).toContain(answer);
});

test("bundleJob: a note of the compiler comes with its place", async () => {
  const message = await refusal({ "job.ts": "let a = 1;\n\nlet a = 2;" });
  expect(message).toContain('job.ts:3:5: The symbol "a" has already been declared');
  expect(message).toMatch(/job\.ts:1:5: The symbol "a" was originally declared here\.$/);
});

test("bundleJob: of many errors the first three are shown", async () => {
  const imports = ["a1", "b1", "c1", "d1", "e1"];
  const before = imports.map((name) => `import ${name} from "${name}";`).join("\n");
  const message = await refusal({ "job.ts": returning(`[${imports.join()}]`, before) });
  expect(message).toContain("Cannot load the job job.ts: 5 errors.\n");
  expect(message).toContain("npm install c1\n\n... and 2 more.");
  expect(message).not.toContain("npm install d1");
});

test("bundleJob: a broken tsconfig.json is named", async () => {
  const message = await refusal({ "job.ts": returning("1"), "tsconfig.json": "{ nope" });
  expect(message).toContain('tsconfig.json:1:3: Expected string in JSON but found "nope"');
});

test("bundleJob: a process that has bundled ends by itself, and esbuild with it", async () => {
  const project = await root.folder({ "job.ts": returning("1") });
  const packages = fileURLToPath(new URL("../../node_modules/", import.meta.url));
  await mkdir(project.file("node_modules"));
  await symlink(`${packages}/esbuild`, project.file("node_modules/esbuild"));
  await compile(
    `import { bundleJob } from "./bundle/bundle-job.ts";
     const { code } = await bundleJob("job.ts");
     console.log(code.length > 0);`,
    project.file("bundle.mjs"),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [project.file("bundle.mjs")], {
    cwd: project.path,
    // The child's output ends only when esbuild, which inherits stderr, has ended too.
    timeout: 10_000,
    encoding: "utf8",
  });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "true\n", stderr: "" });
});
