/**
 * Sheaf as users get it: the tarball that npm packs, installed in an empty project, where a job
 * compiles against the published types and runs, and where `sheaf init` makes another project.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PackedFile, pack, UserProject } from "./user-project.ts";

/** Installing takes a while where nothing is in npm's cache yet. */
const INSTALL_TIMEOUT_MS = 300_000;

const project = new UserProject();
let files: readonly PackedFile[] = [];

beforeAll(() => {
  const packed = pack(project.path);
  files = packed.files;
  project.write("package.json", '{ "name": "user", "private": true, "type": "module" }\n');
  project.install([packed.tarball]);
}, INSTALL_TIMEOUT_MS);

afterAll(() => project.remove());

const JOB = `import { type ByteView, defineJob, int, string, sum, text, textOutput } from "sheaf";

/** What a Buffer is to a program without the types of Node. */
export const bytesOf = (view: ByteView): Uint8Array => view.bytes.subarray(view.start, view.end);

export const output = textOutput<string, number>({ line: (word, count) => word + ": " + count });

export default defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    for (const word of line.split(" ")) emit(word, 1);
  },
  combine: sum,
  reduce: sum,
  output,
});
`;

/** Nothing is taken on trust, nothing of Node's or the browser's is known. */
const COMPILER_OPTIONS = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023"],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  declaration: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
};

function writeConfig(options: object = {}): void {
  const compilerOptions = { ...COMPILER_OPTIONS, ...options };
  project.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["job.ts"] }));
}

describe("the tarball", () => {
  test("holds what runs, its types, and the examples; no tests, no sources, no benchmarks", () => {
    const folders = new Set(files.map(({ path }) => path.replace(/\/.*/, "/")));
    expect([...folders].sort()).toEqual([
      "LICENSE",
      "README.md",
      "bin/",
      "dist/",
      "examples/",
      "package.json",
      "proto/",
    ]);
    const paths = files.map(({ path }) => path);
    expect(paths).toContain("bin/sheaf");
    expect(paths).toContain("bin/package.json");
    expect(paths).toContain("dist/index.js");
    expect(paths).toContain("dist/index.d.ts");
    expect(paths).toContain("dist/testing.js");
    expect(paths).toContain("dist/cli/main.js");
    expect(paths).toContain("examples/word-count.ts");
    expect(paths.filter((path) => /test\.|\.map$|(^|\/)\./.test(path))).toEqual([]);
    const code = paths.filter((path) => path.startsWith("dist/"));
    expect(code.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual([]);
  });

  test("brings no package that is there for our tests alone", () => {
    const list = project.run(["npm", "ls", "--all", "--parseable"]).output;
    const names = list.split("\n").map((path) => path.replace(/.*node_modules\//, ""));
    for (const name of ["vitest", "typescript", "fast-check", "htmlparser2", "ts-proto"]) {
      expect(names).not.toContain(name);
    }
  });
});

describe("a job of a user's", () => {
  test("compiles against the published types, without the types of Node, checked throughout", () => {
    project.write("job.ts", JOB);
    writeConfig();
    expect(project.check()).toEqual({ status: 0, output: "" });
  });

  test("compiles with the types of the browser as well", () => {
    writeConfig({ lib: ["es2023", "dom"] });
    expect(project.check()).toEqual({ status: 0, output: "" });
  });

  test("that is wrong does not compile", () => {
    project.write("job.ts", JOB.replace("emit(word, 1)", 'emit(word, "1")'));
    writeConfig();
    const { status, output } = project.check();
    expect(status).not.toBe(0);
    expect(output).toMatch(/^job\.ts\(12,\d+\): error TS2345: .*'string'.*'number'/);
  });

  test("runs with npx", () => {
    project.write("job.ts", JOB);
    project.write("input.txt", "to be or\nnot to be\n");
    const ended = project.run(["npx", "sheaf", "run", "job.ts", "input.txt", "-o", "out"]);
    expect(ended.status, ended.output).toBe(0);
    expect(project.read("out/part-00000")).toBe("be: 2\nnot: 1\nor: 1\nto: 2\n");
  });

  test("runs from a program", () => {
    project.write(
      "program.js",
      `import { ByteView, run } from "sheaf";
import { testJob } from "sheaf/testing";
const result = await run("job.ts", { inputs: ["input.txt"], output: "from-program" });
console.log(result.counters.task.MAP_OUTPUT_RECORDS, typeof testJob, ByteView.name);
`,
    );
    const { status, output } = project.run(["node", "program.js"]);
    expect({ status, output }).toEqual({ status: 0, output: "6 function ByteView\n" });
  });

  test("can import nothing but what is public", () => {
    project.write("private.js", 'import "sheaf/dist/local/run.js";\n');
    expect(project.run(["node", "private.js"]).output).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("is an example that ships", () => {
    const examples = "node_modules/sheaf/examples";
    const words = ["run", `${examples}/word-count.ts`, `${examples}/data/notes`, "-o", "notes"];
    const { status, output } = project.run(["npx", "sheaf", ...words]);
    expect(status, output).toBe(0);
    expect(project.read("notes/part-00000")).toContain("\t");
  });
});

describe("sheaf init", () => {
  test(
    "makes a project that installs, passes its test and its check, and runs",
    () => {
      const init = project.run(["npx", "sheaf", "init", "app"]);
      expect(init.status, init.output).toBe(0);
      project.install([], "app");
      for (const words of [
        ["npm", "test"],
        ["npm", "start"],
        ["npm", "run", "check"],
      ]) {
        const { status, output } = project.run(words, "app");
        expect(status, `${words.join(" ")}:\n${output}`).toBe(0);
      }
      expect(project.read("app/out/part-00000")).toContain("sheaf\t2\n");
    },
    INSTALL_TIMEOUT_MS,
  );
});
