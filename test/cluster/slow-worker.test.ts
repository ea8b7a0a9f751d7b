/**
 * A worker that does everything at a hundredth of the others' speed: what it has gets backups, and
 * what is done twice is counted once.
 */

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";

test("tasks of a worker at a hundredth of the speed are done by backups, and counted once", async () => {
  using folder = new ClusterFolder();
  mkdirSync(folder.at("marks"));
  folder.write(
    "slow.ts",
    jobFile({
      before: `const cell = new Int32Array(new SharedArrayBuffer(4));
const restMs = process.env.LC_SPEED === "slow" ? 200 : 2;`,
      definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, context) {
    const { task, attempt } = context.attempt;
    writeFileSync(${JSON.stringify(folder.at("marks"))} + "/" + task + "-" + attempt, "");
    Atomics.wait(cell, 0, 0, restMs);
    context.count("lines");
    emit(line, 1);
  },
  reduce: sum,`,
    }),
  );
  await using cluster = await ClusterProcesses.start(folder, 2);
  const slow = await cluster.addWorker({ environment: { LC_SPEED: "slow" } });
  const begun = cluster.begin("slow.ts", "--quiet");
  const { parts } = await cluster.output(begun);
  expect(parts).toEqual(await folder.expected("slow.ts"));
  const marks = readdirSync(folder.at("marks")).map((name) => name.split("-"));
  const backups = marks.filter(([, attempt]) => attempt !== "0");
  expect(backups.length).toBeGreaterThan(0);
  const manifest = JSON.parse(readFileSync(join(begun.output, "_SUCCESS"), "utf8"));
  expect(manifest.counters.task.MAP_INPUT_RECORDS).toBe(800);
  expect(manifest.counters.user).toEqual({ lines: 800 });
  // It lives, and was not given up for being slow.
  expect(slow.process.exitCode).toBe(null);
  expect(cluster.master.stderr).not.toContain("is given up");
});
