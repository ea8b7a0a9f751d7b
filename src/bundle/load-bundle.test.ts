import { Session } from "node:inspector";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  buildRuntime,
  buildThread,
  JobFolder,
  jobSource,
  mapInThread,
} from "../../test/support/job-folder.ts";
import type { SheafError } from "../base/error.ts";
import { bundleJob } from "./bundle-job.ts";
import { type RuntimeModules, scriptUrl } from "./job-bundle.ts";
import { type LoadedJob, type LoadOptions, loadBundle } from "./load-bundle.ts";

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

/** Bundles and loads `job.ts` of a project of its own. */
async function load(files: Record<string, string>, options: LoadOptions = {}): Promise<LoadedJob> {
  const project = await root.folder(files);
  return await loadBundle(await bundleJob("job.ts", project.path), { runtime, ...options });
}

/** The message with which a thread refuses `job.ts`. */
async function refusal(source: string, others: Record<string, string> = {}): Promise<string> {
  const project = await root.folder({ "job.ts": source, ...others });
  const bundle = await bundleJob("job.ts", project.path);
  const { refused } = await mapInThread(thread, bundle, runtime, "");
  expect(refused?.code).toBe("JOB_INVALID");
  return refused!.message;
}

test("loadBundle: a job is a single step that runs once", async () => {
  const { kind, steps, bundle } = await load({ "job.ts": jobSource({}) });
  expect({ kind, steps: steps.length, times: steps[0]!.times, name: bundle.entryName }).toEqual({
    kind: "job",
    steps: 1,
    times: 1,
    name: bundle.cwd.split("/").at(-1),
  });
  expect(steps[0]!.job.kind).toBe("job");
});

test("loadBundle: a pipeline gives its steps", async () => {
  const source = jobSource({})
    .replace("{ defineJob,", "{ defineJob, pipeline, outputOf,")
    .replace("export default defineJob", "const first = defineJob")
    .concat(
      "const second = defineJob({ input: outputOf(first), intermediate: { key: string(), value: int() }, map() {}, reduce: sum });",
      "export default pipeline(first).repeat(second, { times: 3 });",
    );
  const { kind, steps } = await load({ "job.ts": source });
  expect(kind).toBe("pipeline");
  expect(steps.map(({ times }) => times)).toEqual([1, 3]);
});

test("loadBundle: a bundle loads in worker threads, and its two files work together", async () => {
  const project = await root.folder({
    "job.ts": jobSource({
      before: 'import { words } from "./words.ts";',
      map: "map(_position, line, emit) { for (const word of words(line)) emit(word, 1); }",
    }),
    "words.ts": "export const words = (line: string): string[] => line.match(/\\p{L}+/gu) ?? [];",
  });
  const bundle = await bundleJob("job.ts", project.path);
  const answers = await Promise.all(
    ["to be", "or né"].map((line) => mapInThread(thread, bundle, runtime, line)),
  );
  expect(answers).toEqual([
    {
      emitted: [
        ["to", 1],
        ["be", 1],
      ],
    },
    {
      emitted: [
        ["or", 1],
        ["né", 1],
      ],
    },
  ]);
});

test("loadBundle: the module is evaluated once, however often it is loaded", async () => {
  const project = await root.folder({ "job.ts": jobSource({}) });
  const bundle = await bundleJob("job.ts", project.path);
  const [first, second] = [
    await loadBundle(bundle, { runtime }),
    await loadBundle(bundle, { runtime }),
  ];
  expect(second.steps[0]!.job).toBe(first.steps[0]!.job);
});

test("loadBundle: a debugger sees a script beside the job, mapped to its files", async () => {
  const project = await root.folder({ "a job.ts": jobSource({}) });
  const bundle = await bundleJob("a job.ts", project.path);
  const session = new Session();
  const scripts: { url: string; sourceMapURL?: string | undefined }[] = [];
  session.connect();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.push(params));
  session.post("Debugger.enable");
  await loadBundle(bundle, { runtime, inlineSourceMap: true });
  session.disconnect();
  const script = scripts.find(({ url }) => url === scriptUrl(bundle));
  expect(script!.url).toMatch(/\/a%20job\.sheaf-[0-9a-f]{16}\.mjs$/);
  const map = Buffer.from(script!.sourceMapURL!.split("base64,")[1]!, "base64").toString();
  expect(JSON.parse(map)).toMatchObject({ sources: [pathToFileURL(bundle.entry).href] });
});

test("loadBundle: a module without a default export says what to write", async () => {
  expect(await refusal("export const x = 1;")).toBe(
    "Cannot load the job job.ts: it has no default export. Write: export default defineJob({ ... });",
  );
});

test("loadBundle: a job that is exported by name is named", async () => {
  const source = jobSource({}).replace("export default", "export const wordCount =");
  expect(await refusal(source)).toBe(
    'Cannot load the job job.ts: it exports "wordCount", but not by default. Add: export default wordCount;',
  );
});

test.each([
  ["() => 1", "is a function, not a job."],
  ["[1]", "is an array, not a job."],
  ["{ kind: 'jobs' }", "is an object, not a job."],
  ["null", "is null, not a job."],
  ["'word-count'", "is a string, not a job."],
  ["{ map() {}, reduce() {} }", "is a plain object. Write: export default defineJob({ ... });"],
  ["Promise.resolve(1)", "is a promise. Write: export default await ...;"],
])("loadBundle: a default export of %s is refused", async (exported, words) => {
  const message = await refusal(`export default ${exported};`);
  expect(message).toContain(`Cannot load the job job.ts: its default export ${words}`);
});

test("loadBundle: a job with a wrong field is shown where it is defined", async () => {
  const message = await refusal(jobSource({ map: "maps() {}" }));
  expect(message).toMatch(/^Cannot load the job job\.ts: "maps" is not a field of a job\./);
  expect(message).toContain("\n    at job.ts:2:16\n\n");
  expect(message).toContain("\n> 2 | export default defineJob({\n    |                ^\n");
});

test("loadBundle: a module that throws while loading shows the user's line", async () => {
  const message = await refusal(
    jobSource({ before: 'import { limit } from "./lib/limits.js";\nlimit();' }),
    {
      "lib/limits.ts": [
        "interface Settings { limit: number }",
        "",
        "export function limit(): number {",
        "\tconst settings = undefined as unknown as Settings;",
        "\treturn settings.limit;",
        "}",
      ].join("\n"),
    },
  );
  expect(message).toMatchInlineSnapshot(`
    "Cannot load the job job.ts: it threw while loading.

    TypeError: Cannot read properties of undefined (reading 'limit')
        at limit (lib/limits.ts:5:18)
        at job.ts:3:1

      3 | export function limit(): number {
      4 |   const settings = undefined as unknown as Settings;
    > 5 |   return settings.limit;
        |                   ^
      6 | }"
  `);
});

test("loadBundle: a module that fails with a native addon is told why", async () => {
  const message = await refusal(jobSource({ before: 'import fast from "fast";\nfast();' }), {
    "node_modules/fast/index.js":
      'try { require("./fast.node"); } catch (cause) { throw new Error("No binding", { cause }); }',
    "node_modules/fast/fast.node": "",
  });
  expect(message).toMatchInlineSnapshot(`
    "Cannot load the job job.ts: it threw while loading.

    Error: No binding
      caused by Error: fast is a native addon, which cannot be part of a job.
        at node_modules/fast/index.js:1:55
        at job.ts:2:18

      1 | import { defineJob, text, string, int, sum } from "sheaf";
    > 2 | import fast from "fast";
        |                  ^
      3 | fast();
      4 | export default defineJob({

    Native addons cannot be part of a job, and this one uses: fast."
  `);
});

test("loadBundle: an import that Sheaf lacks is shown, with the nearest name", async () => {
  const message = await refusal(
    jobSource({ before: 'import {\n  sum as total,\n  pipline,\n} from "sheaf";\npipline();' }),
  );
  expect(message).toMatchInlineSnapshot(`
    "Cannot load the job job.ts: "sheaf" exports no "pipline". Did you mean "pipeline"?

    job.ts:4:3
      2 | import {
      3 |   sum as total,
    > 4 |   pipline,
        |   ^
      5 | } from "sheaf";
      6 | pipline();"
  `);
});

test("loadBundle: so is one of a built-in module, in an imported file", async () => {
  const message = await refusal(jobSource({ before: 'import "./lib/read.ts";' }), {
    "lib/read.ts": 'import { readFileSnc } from "node:fs";\nreadFileSnc("x");',
  });
  expect(message).toContain('"node:fs" exports no "readFileSnc". Did you mean "readFileSync"?');
  expect(message).toContain("lib/read.ts:1:10\n> 1 | import");
});

test("loadBundle: a computed relative import fails without showing the bundle's code", async () => {
  const message = await refusal(
    jobSource({ before: 'const name = "./x" + 1;\nawait import(name);' }),
  );
  expect(message).toContain("\n    at job.ts:3:");
  expect(message).not.toContain("base64");
  expect(message.length).toBeLessThan(800);
});

test("loadBundle: a module that never finishes loading is given up", async () => {
  const source = jobSource({ before: "await new Promise(() => {});" });
  const loading = load({ "job.ts": source }, { timeoutMs: 20 });
  await expect(loading).rejects.toThrow(
    "Cannot load the job job.ts: its module did not load within 0.02 s. Is there an await that never ends?",
  );
});

test("loadBundle: every thread refuses a job in the same words", async () => {
  const project = await root.folder({ "job.ts": jobSource({ before: 'JSON.parse("{");' }) });
  const bundle = await bundleJob("job.ts", project.path);
  const here = await loadBundle(bundle, { runtime }).catch((error: SheafError) => error);
  const { refused } = await mapInThread(thread, bundle, runtime, "");
  expect(refused).toEqual({ code: "JOB_INVALID", message: (here as SheafError).message });
  expect(refused!.message).toContain("\n> 2 | JSON.parse");
});
