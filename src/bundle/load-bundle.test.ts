import { afterAll, beforeAll, expect, test } from "vitest";
import { buildRuntime, JobFolder } from "../../test/support/job-folder.ts";
import { bundleJob } from "./bundle-job.ts";
import type { RuntimeModules } from "./job-bundle.ts";
import { loadBundle } from "./load-bundle.ts";

let folder: JobFolder;
let runtime: RuntimeModules;

beforeAll(async () => {
  folder = await JobFolder.create();
  runtime = await buildRuntime(folder);
});

afterAll(async () => {
  await folder.remove();
});

test("x", async () => {
  await folder.write({
    "job.ts": `
import { defineJob, text, string, int, sum } from "sheaf";
export default defineJob({ input: text(), intermediate: { key: string(), value: int() }, map(_p, line: string) { return line.length.foo.bar }, reduce: sum });
`,
  });
  const bundle = await bundleJob(folder.file("job.ts"));
  const loaded = await loadBundle(bundle, { runtime });
  expect(loaded.steps.length).toBe(1);
});
