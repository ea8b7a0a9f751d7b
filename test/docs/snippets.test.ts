/**
 * Every piece of TypeScript in the documentation compiles against the published types, and the
 * examples of the docstrings run.
 *
 * A block that begins with a comment such as `// job.ts` is a file, which later blocks of its page
 * may import; any other one stands alone. Where that comment says "(does not compile)", it does not.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { transform } from "esbuild";
import { run } from "sheaf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publicExamples } from "./support/examples.ts";
import { fileNameOf, isWrong, ROOT, writtenPages } from "./support/pages.ts";
import { SnippetProject } from "./support/snippet-project.ts";

const project = new SnippetProject();
const EXAMPLES = publicExamples().map((example, index) => ({ ...example, index }));
const folderOf = ({ name, index }: { name: string; index: number }) => `examples/${index}-${name}`;

afterAll(() => project.remove());

describe("the types of every snippet", () => {
  let errors: string[] = [];
  /** Folders of snippets of which the page says that they do not compile. */
  const wrong: string[] = [];

  beforeAll(() => {
    for (const page of writtenPages()) {
      const files = new Map<string, string>();
      for (const block of page.blocks.filter(({ language }) => /^[jt]s$/.test(language))) {
        const name = fileNameOf(block);
        const folder = `${page.path}/line-${block.line}`;
        if (isWrong(block)) wrong.push(folder);
        if (name !== undefined) files.set(name, block.text);
        for (const [file, text] of files) project.write(`${folder}/${file}`, text);
        if (name !== undefined) continue;
        project.write(`${folder}/snippet.${block.language}`, block.text);
      }
    }
    for (const example of EXAMPLES) project.write(`${folderOf(example)}/job.ts`, example.code);
    project.write("types/job.ts", readFileSync(join(ROOT, "test/types/job.ts"), "utf8"));
    errors = project.typeErrors();
  });

  test.each(writtenPages().map(({ path }) => path))("%s", (path) => {
    const here = errors.filter((error) => error.startsWith(path));
    const isExpected = (error: string) => wrong.some((folder) => error.startsWith(folder));
    expect(here.filter((error) => !isExpected(error))).toEqual([]);
    const compiled = wrong.filter((folder) => folder.startsWith(`${path}/`));
    expect(compiled.filter((folder) => !here.some((it) => it.startsWith(folder)))).toEqual([]);
  });

  test("the docstrings", () => {
    expect(errors.filter((error) => error.startsWith("examples/"))).toEqual([]);
  });

  test("what the compiler must infer and refuse, with the published types", () => {
    expect(errors.filter((error) => error.startsWith("types/"))).toEqual([]);
  });

  test("the published types themselves", () => {
    const known = writtenPages().map(({ path }) => path);
    const others = errors.filter(
      (error) => ![...known, "examples/", "types/"].some((start) => error.startsWith(start)),
    );
    expect(others).toEqual([]);
  });
});

/** Lines for the jobs of the docstrings to read, where any line will not do. */
const SAMPLES: Readonly<Record<string, string>> = {
  bigint: "acme\t12\nacme\t30000000000000000000\n",
  bytes: `${"0123456789".repeat(10)}${"abcdefghij".repeat(10)}`,
  bytesOutput: `${"0123456789".repeat(10)}${"abcdefghij".repeat(10)}`,
  ByteView: `${"0123456789abcdef".repeat(3)}`,
  Context: "one.example\t120\na line that does not parse\n",
  date: "2004-12-06 first line\n2004-12-07 second line\n",
  fixedRecords: `${"0123456789".repeat(10)}${"abcdefghij".repeat(10)}`,
  grouped: "north,2004-12-06,-1.5\nnorth,2004-12-05,2\nsouth,2004-12-05,25\n",
  hashOf: "https://example.org/a\nhttps://example.com/b\n",
  ndjson: '{"url":"https://example.org/a","text":"one page"}\n',
  OutputFormat: `${"0123456789".repeat(10)}${"abcdefghij".repeat(10)}`,
  Position: "all is well\nERROR: not any more\n",
};
const ANY_LINES = "to be\tor not\nto be,that is the question 12\n";

const isJob = ({ code }: { code: string }) => /^export default /m.test(code);

describe("the examples of the docstrings run", () => {
  test.each(EXAMPLES.filter(isJob))("$name", async (example) => {
    const folder = folderOf(example);
    project.write(`${folder}/job.ts`, example.code);
    project.write(`${folder}/input.txt`, SAMPLES[example.name] ?? ANY_LINES);
    const job = pathToFileURL(join(project.path, folder, "job.ts"));
    const output = join(project.path, folder, "out");
    const inputs = [join(project.path, folder, "input.txt")];
    const result = await run(job, { inputs, output, inline: true });
    expect(readdirSync(output)).toContain("_SUCCESS");
    expect(result.counters.task.MAP_INPUT_RECORDS).toBeGreaterThan(0);
  });

  test.each(EXAMPLES.filter((example) => !isJob(example)))("$name", async (example) => {
    const folder = `programs/${example.name}`;
    const wordCount = readFileSync(join(ROOT, "examples/word-count.ts"), "utf8");
    project.write(
      `${folder}/word-count.ts`,
      wordCount.replace(
        "export default defineJob({",
        'import * as v from "valibot";\nexport default defineJob({\n  params: v.object({}),',
      ),
    );
    mkdirSync(join(project.path, folder, "logs"), { recursive: true });
    project.write(`${folder}/logs/one.txt`, ANY_LINES);
    project.write(`${folder}/more/two.gz`, gzipSync(ANY_LINES));
    await runProgram(folder, example.code);
  });
});

describe("the programs of the pages run", () => {
  const programs = writtenPages().flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language, text }) => language === "ts" && /^import assert /m.test(text))
      .map(({ line, text }) => ({ where: `${path}:${line}`, text })),
  );

  test.each(programs)("$where", ({ where, text }) => runProgram(where, text));
});

/** Runs a program of TypeScript in a folder of the project; it must succeed. */
async function runProgram(folder: string, text: string): Promise<void> {
  const { code } = await transform(text, { loader: "ts", target: "node20" });
  project.write(`${folder}/program.mjs`, code);
  const { status, stderr } = spawnSync(process.execPath, ["program.mjs"], {
    cwd: join(project.path, folder),
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
}
