import { expect, test } from "vitest";
import { displayPath, jobName } from "./job-name.ts";

test.each([
  ["/jobs/word-count.ts", "word-count"],
  ["/word-count.job.mts", "word-count"],
  ["/home/ada/page.rank.js", "page.rank"],
  ["/word-count/index.ts", "word-count"],
  ["/jobs/sort/main.cjs", "sort"],
  ["/top-n/job.ts", "top-n"],
  ["/job.ts", "job"],
  ["/.job.ts", ".job"],
  ["/a\u001b[31m.ts", "a\ufffd[31m"],
])("jobName: %j is %j", (path, name) => {
  expect(jobName(path)).toBe(name);
});

test("jobName: it is bounded", () => {
  expect(jobName(`${"x".repeat(200)}.ts`)).toHaveLength(80);
});

test.each([
  ["/home/ada/jobs/sort.ts", "/home/ada", "jobs/sort.ts"],
  ["/home/ada/..jobs/sort.ts", "/home/ada", "..jobs/sort.ts"],
  ["/home/bob/sort.ts", "/home/ada", "/home/bob/sort.ts"],
  ["/home", "/home/ada", "/home"],
  ["/home/ada", "/home/ada", "."],
])("displayPath: %j seen from %j is %j", (path, cwd, shown) => {
  expect(displayPath(path, cwd)).toBe(shown);
});
