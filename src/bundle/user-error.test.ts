import { transform } from "esbuild";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  buildRuntime,
  buildThread,
  JobFolder,
  jobSource,
  mapInThread,
} from "../../test/support/job-folder.ts";
import { SheafError } from "../base/error.ts";
import { bundleJob } from "./bundle-job.ts";
import { type JobBundle, type RuntimeModules, scriptUrl } from "./job-bundle.ts";
import { loadBundle } from "./load-bundle.ts";
import { describeUserError, formatUserError, type UserErrorDescription } from "./user-error.ts";

let root: JobFolder;
let runtime: RuntimeModules;
let thread: string;

beforeAll(async () => {
  root = await JobFolder.create();
  runtime = await buildRuntime(root);
  thread = await buildThread(root);
});

afterAll(async () => {
  await root.remove();
});

/** What Sheaf says of the error that `map` of a project's `job.ts` throws in a thread. */
async function errorOf(
  files: Record<string, string>,
  line = "a line",
): Promise<UserErrorDescription> {
  const project = await root.folder(files);
  const bundle = await bundleJob("job.ts", project.path);
  const answer = await mapInThread(thread, bundle, runtime, line);
  if (answer.error === undefined) throw new Error(`map threw nothing: ${JSON.stringify(answer)}`);
  const { location } = answer.error;
  if (location === undefined) return answer.error;
  return {
    ...answer.error,
    location: { ...location, file: location.file.slice(project.path.length + 1) },
  };
}

describe("in a thread", () => {
  test("a throw in map is shown at its line and column", async () => {
    const map = [
      "map(_position, line: string, emit) {",
      '    const fields: string[] = line.split("\\t");',
      "    emit(fields[3]!.trim(), 1);",
      "  }",
    ].join("\n");
    const error = await errorOf({ "job.ts": jobSource({ map }) });
    expect(error.location).toEqual({ file: "job.ts", line: 7, column: 21 });
    expect(formatUserError(error)).toMatchInlineSnapshot(`
      "TypeError: Cannot read properties of undefined (reading 'trim')
          at map (job.ts:7:21)

        5 |   map(_position, line: string, emit) {
        6 |     const fields: string[] = line.split("\\t");
      > 7 |     emit(fields[3]!.trim(), 1);
          |                     ^
        8 |   },
        9 |   reduce: sum,"
    `);
  });

  test("a throw in an imported file is shown there, with the call in the job", async () => {
    const error = await errorOf({
      "job.ts": jobSource({
        before: 'import { parse } from "./lib/parse.js";',
        map: "map(_position, line, emit) {\n    emit(parse(line).name, 1);\n  }",
      }),
      "lib/parse.ts": [
        "/** A comment that the bundle does not keep. */",
        "export interface Row { readonly name: string }",
        "",
        "export function parse(line: string): Row {",
        `  if (!line.includes(',')) throw new RangeError(\`no comma in \${line}\`);`,
        "  return { name: line };",
        "}",
      ].join("\n"),
    });
    expect(error.location).toEqual({ file: "lib/parse.ts", line: 5, column: 34 });
    expect(formatUserError(error)).toMatchInlineSnapshot(`
      "RangeError: no comma in a line
          at parse (lib/parse.ts:5:34)
          at map (job.ts:7:10)

        3 |
        4 | export function parse(line: string): Row {
      > 5 |   if (!line.includes(',')) throw new RangeError(\`no comma in \${line}\`);
          |                                  ^
        6 |   return { name: line };
        7 | }"
    `);
  });

  test("a throw after an await keeps its line and its callers", async () => {
    const error = await errorOf({
      "job.ts": jobSource({
        before: [
          "async function look(line: string): Promise<number> {",
          "  await new Promise((resolve) => setImmediate(resolve));",
          `  throw new Error(\`not found: \${line}\`);`,
          "}",
        ].join("\n"),
        map: "async map(_position, line, emit) {\n    emit(line, await look(line));\n  }",
      }),
    });
    expect(error.location).toEqual({ file: "job.ts", line: 4, column: 9 });
    expect(error.stack).toBe("    at look (job.ts:4:9)\n    at async map (job.ts:10:16)");
  });

  test("a throw in a minified dependency shows the user's call, and all frames", async () => {
    const source = [
      "function check(value) { if (typeof value !== 'number') { throw new TypeError('a number, please'); } }",
      "exports.half = function half(value) { check(value); return value / 2; };",
    ].join("\n");
    const { code } = await transform(source, { minify: true });
    const error = await errorOf({
      "job.ts": jobSource({
        before: '// A line.\nimport halves from "halves";',
        map: "map(_position, line, emit) {\n    emit('x', halves.half(line as never));\n  }",
      }),
      "node_modules/halves/index.js": code,
    });
    expect(error.location).toEqual({ file: "job.ts", line: 8, column: 22 });
    expect(error.message).toBe("TypeError: a number, please");
    const lines = error.stack.split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^ {4}at \w+ \(node_modules\/halves\/index\.js:1:\d+\)$/);
    expect(lines[2]).toBe("    at map (job.ts:8:22)");
    expect(error.codeFrame).toContain(">  8 |     emit('x', halves.half(line as never));");
  });

  test("a dependency that requires built-in modules moves no line", async () => {
    const error = await errorOf({
      "job.ts": jobSource({
        before: 'import { join } from "paths";\nconst here = import.meta.url;',
        map: 'map() {\n    throw new Error(join("a", here.slice(0, 4)));\n  }',
      }),
      "node_modules/paths/index.js": 'exports.join = require("path").join;',
    });
    expect(error.message).toBe("Error: a/file");
    expect(error.location).toEqual({ file: "job.ts", line: 8, column: 11 });
    expect(error.codeFrame).not.toContain("sheaf-address");
  });

  test("frames of Node and of Sheaf are left out", async () => {
    const error = await errorOf({
      "job.ts": jobSource({ map: "map() {\n    [1].forEach(() => new URL('nowhere'));\n  }" }),
    });
    expect(error.stack).toBe("    at job.ts:6:23\n    at map (job.ts:6:9)");
  });

  test("an endless recursion is cut", async () => {
    const error = await errorOf({
      "job.ts": jobSource({
        before:
          "Error.stackTraceLimit = 1000;\nconst down = (n: number): number => down(n + 1) + 1;",
        map: "map() {\n    down(0);\n  }",
      }),
    });
    expect(error.message).toBe("RangeError: Maximum call stack size exceeded");
    expect(error.stack.split("\n")).toHaveLength(20);
    expect(error.location).toMatchObject({ file: "job.ts", line: 3 });
  });

  test("an assertion of Node's is described as any other error", async () => {
    const error = await errorOf({
      "job.ts": jobSource({
        before: 'import assert from "node:assert";',
        map: "map(_position, line: string) {\n    assert.equal(line.length, 3);\n  }",
      }),
    });
    expect(error.message).toMatch(/^AssertionError/);
    expect(error.location).toEqual({ file: "job.ts", line: 7, column: 12 });
  });
});

/** Some bundle, and what its map throws, described without a thread. */
async function inProcess(before: string, expression: string): Promise<[unknown, JobBundle]> {
  const project = await root.folder({
    "job.ts": jobSource({ before, map: `map() { throw ${expression}; }` }),
  });
  const bundle = await bundleJob("job.ts", project.path);
  const { steps } = await loadBundle(bundle, { runtime });
  try {
    (steps[0]!.job.definition.map as unknown as () => void)();
  } catch (thrown) {
    return [thrown, bundle];
  }
  throw new Error("map threw nothing");
}

async function described(expression: string, before = ""): Promise<UserErrorDescription> {
  return describeUserError(...(await inProcess(before, expression)));
}

test.each([
  ["'no'", "Thrown: 'no' (not an Error, so it has no stack)"],
  ["undefined", "Thrown: undefined (not an Error, so it has no stack)"],
  ["{ code: 7 }", "Thrown: { code: 7 } (not an Error, so it has no stack)"],
  ["Symbol('s')", "Thrown: Symbol(s) (not an Error, so it has no stack)"],
  ["new Error()", "Error"],
  ["Object.assign(new Error('x'), { name: 'ParseError' })", "ParseError: x"],
  ["Object.assign(new Error('x'), { name: 5 })", "Error: x"],
  ["Object.assign(new Error('x'), { message: { a: 1 } })", "Error"],
  ["new Error('a\\u001b[31mb\\u0000')", "Error: a\\x1b[31mb\\x00"],
])("describeUserError: the message of throw %s is %j", async (expression, message) => {
  expect((await described(expression)).message).toBe(message);
});

test("describeUserError: a class that esbuild calls _X is called X", async () => {
  const before = [
    "class RowError extends Error {",
    "  constructor(words: string) { super(words); this.name = new.target.name; }",
    `  static of(row: number) { return new RowError(\`row \${row}\`); }`,
    "}",
  ].join("\n");
  expect((await described("RowError.of(3)", before)).message).toBe("RowError: row 3");
});

test("describeUserError: causes are shown, a line each, and a circle of them ends", async () => {
  const causes = await described(
    "new Error('no row', { cause: new TypeError('no field', { cause: 'empty' }) })",
  );
  expect(causes.message).toBe(
    "Error: no row\n  caused by TypeError: no field\n  caused by Thrown: 'empty' (not an Error, so it has no stack)",
  );
  const circle = await described(
    "Object.assign(a, { cause: b })",
    "const a = new Error('a');\nconst b = new Error('b', { cause: a });",
  );
  expect(circle.message).toBe("Error: a\n  caused by Error: b");
  const long = await described(
    "last",
    `let last = new Error('0');\nfor (let i = 1; i < 50; i++) last = new Error(\`\${i}\`, { cause: last });`,
  );
  expect(long.message.split("\n")).toHaveLength(5);
});

test("describeUserError: the first three errors of an AggregateError are listed", async () => {
  const error = await described(
    `new AggregateError([1, 2, 3, 4].map((n) => new Error(\`e\${n}\`)), 'all failed')`,
  );
  expect(error.message).toBe(
    "AggregateError: all failed\n  - Error: e1\n  - Error: e2\n  - Error: e3",
  );
});

test("describeUserError: an error without a frame of its own is placed by its cause", async () => {
  const error = await described(
    "Object.assign(new Error('outer', { cause: inner }), { stack: 'Error: outer' })",
    "const inner = new Error('inner');",
  );
  expect(error.stack).toBe("");
  expect(error.location).toMatchObject({ line: 2, column: 15 });
});

test("describeUserError: the words of a SheafError stand alone", async () => {
  const [, bundle] = await inProcess("", "1");
  const error = new SheafError("VALUE_INVALID", "int() cannot carry 1.5.");
  expect(describeUserError(error, bundle).message).toBe("int() cannot carry 1.5.");
});

test("describeUserError: a long message is cut, with its length", async () => {
  const error = await described("new Error('x'.repeat(1e6))");
  expect(error.message).toMatch(/^Error: x{3993}\.\.\. \(1000007 characters\)$/);
  expect(error.location).toMatchObject({ line: 5 });
});

test("describeUserError: a message that looks like frames is not taken for frames", async () => {
  const [thrown, bundle] = await inProcess("", "new Error('x')");
  const url = scriptUrl(bundle);
  const message = `two lines\n    at forged (${url}:1:1)`;
  const error = Object.assign(thrown as Error, { message });
  error.stack = `Error: ${message}\n    at map (${url}:6:1)`;
  expect(describeUserError(error, bundle).stack.split("\n")).toHaveLength(1);
});

test("describeUserError: a stack of anything but text, or none, gives no frames", async () => {
  for (const stack of ["5", "null", "{}", "''", "undefined", "'no frames\\n at all'"]) {
    const error = await described(`Object.assign(new Error('x'), { stack: ${stack} })`);
    expect(error).toEqual({
      message: "Error: x",
      stack: "",
      codeFrame: undefined,
      location: undefined,
    });
  }
});

test("describeUserError: a huge stack is read to a bound", async () => {
  const [thrown, bundle] = await inProcess("", "new Error('x')");
  const error = thrown as Error;
  error.stack = `Error: x\n${`    at f (${scriptUrl(bundle)}:5:1)\n`.repeat(100_000)}`;
  expect(describeUserError(error, bundle).stack.split("\n").length).toBeLessThanOrEqual(20);
});

test.each([
  [
    "a revoked proxy",
    "(() => { const p = Proxy.revocable({}, {}); p.revoke(); return p.proxy; })()",
  ],
  [
    "a proxy that throws",
    "new Proxy(new Error('x'), { get() { throw 1; }, getPrototypeOf() { throw 2; } })",
  ],
  [
    "getters that throw",
    "Object.defineProperties(new Error(), { stack: { get() { throw 1; } }, message: { get() { throw 2; } }, cause: { get() { throw 3; } } })",
  ],
  [
    "an inspect of its own that throws",
    "{ [Symbol.for('nodejs.util.inspect.custom')]() { throw 1; } }",
  ],
  [
    "an error that holds itself",
    "(() => { const e = new AggregateError([], 'x'); e.errors = [e]; return Object.assign(e, { cause: e }); })()",
  ],
])("describeUserError: %s is described, and nothing is thrown", async (_, expression) => {
  const { message } = await described(expression);
  expect(message).not.toBe("");
});

test("describeUserError: whatever is thrown, the answer is bounded text", async () => {
  const [, bundle] = await inProcess("", "1");
  const frame = fc
    .tuple(fc.string(), fc.nat(20), fc.nat(90))
    .map(([name, line, column]) => `    at ${name} (${scriptUrl(bundle)}:${line}:${column})`);
  const stack = fc
    .array(fc.oneof(fc.string(), frame), { maxLength: 30 })
    .map((lines) => lines.join("\n"));
  const error = fc
    .record({
      message: fc.anything(),
      name: fc.anything(),
      stack: fc.oneof(stack, fc.anything()),
      cause: fc.anything(),
    })
    .map((fields) => Object.assign(new Error(), fields));
  fc.assert(
    fc.property(fc.oneof(fc.anything(), error), (thrown) => {
      const description = describeUserError(thrown, bundle);
      expect(description.message.length).toBeLessThan(4100);
      expect(
        description.stack === "" ? 0 : description.stack.split("\n").length,
      ).toBeLessThanOrEqual(20);
      expect(structuredClone(description)).toEqual(description);
    }),
    { numRuns: 500 },
  );
});

test("describeUserError: every throw of a file is found at its line and column", async () => {
  const piece = fc.constantFrom(
    "// a comment",
    "interface Shape { readonly sides: number; area?(): number }",
    "const wide = '日本 😀';",
    "\ttype Id = string & { readonly brand: 'id' };",
    "",
    "  const add = (a: number, b?: number): number => a + (b ?? 0);",
    "enum Size { Small = 1, Large }",
    `const text = \`a\n  \${1 + 1} b\`;`,
    "/* a\n   block */ let later: Id | undefined;",
  );
  const thrower = fc
    .tuple(fc.constantFrom("", "  ", "\t", "/* 😀 */ "), fc.boolean())
    .map(([indent, long]) => ({ indent, long }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.uniqueArray(piece, { maxLength: 4 }), thrower), {
        minLength: 1,
        maxLength: 8,
      }),
      async (parts) => {
        const lines: string[] = [];
        const expected: { line: number; column: number }[] = [];
        for (const [index, [before, { indent, long }]] of parts.entries()) {
          lines.push(
            `export function f${index}(): void {`,
            ...before.flatMap((text) => text.split("\n")),
          );
          const head = `${indent}${long ? "if ((1 as number) > 0) " : ""}throw `;
          lines.push(`${head}new Error("here");`, "}");
          expected.push({ line: lines.length - 1, column: head.length + 1 });
        }
        const project = await root.folder({
          "job.ts": jobSource({
            before: 'import * as all from "./lib.ts";',
            map: "map(_position, name) { all[name as never](); }",
          }),
          "lib.ts": lines.join("\n"),
        });
        const bundle = await bundleJob("job.ts", project.path);
        const { steps } = await loadBundle(bundle, { runtime });
        const map = steps[0]!.job.definition.map as unknown as (at: number, name: string) => void;
        for (const [index, place] of expected.entries()) {
          let thrown: unknown;
          try {
            map(0, `f${index}`);
          } catch (error) {
            thrown = error;
          }
          const { location } = describeUserError(thrown, bundle);
          expect(location).toEqual({ file: project.file("lib.ts"), ...place });
        }
      },
    ),
    { numRuns: 25 },
  );
});
