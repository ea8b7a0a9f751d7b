import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { attemptNumber, incarnation, jobId, taskIndex } from "../base/ids.ts";
import type { AnyAttemptRef } from "../rpc/wire/attempt.ts";
import { LifeFolder } from "./life-folder.ts";

const JOB = jobId("j");

let root: string;
let folder: LifeFolder;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sheaf-life-"));
  folder = new LifeFolder(root, incarnation("life-1"));
});
afterEach(() => rmSync(root, { recursive: true }));

function ref(attempt: number): AnyAttemptRef {
  return { job: JOB, phase: "map", task: taskIndex(3), attempt: attemptNumber(attempt) };
}

test("removes what one attempt has made, and nothing of another whose name begins alike", async () => {
  folder.makeJob(JOB);
  for (const name of ["map-3-1", "map-3-1.spill-0", "map-3-10", "map-3-10.spill-0", "map-3-12"]) {
    writeFileSync(join(folder.job(JOB), name), "");
  }
  await folder.removeAttempt(ref(1));
  expect(readdirSync(folder.job(JOB)).sort()).toEqual(["map-3-10", "map-3-10.spill-0", "map-3-12"]);
});

test("has nothing of an attempt whose job has no folder", async () => {
  await folder.removeAttempt(ref(1));
  expect(readdirSync(folder.path)).toEqual([]);
});

test("makes a job's folder again when that was forgotten", async () => {
  folder.makeJob(JOB);
  await folder.removeJob(JOB);
  expect(readdirSync(folder.path)).toEqual([]);
  folder.makeJob(JOB);
  expect(readdirSync(folder.path)).toEqual([JOB]);
});

test("makes it again also while the former one is being removed", async () => {
  folder.makeJob(JOB);
  writeFileSync(join(folder.job(JOB), "map-3-0"), "");
  const removal = folder.removeJob(JOB);
  folder.makeJob(JOB);
  writeFileSync(join(folder.job(JOB), "map-3-1"), "");
  await removal;
  expect(readdirSync(folder.path)).toEqual([JOB]);
  expect(readdirSync(folder.job(JOB))).toEqual(["map-3-1"]);
});
