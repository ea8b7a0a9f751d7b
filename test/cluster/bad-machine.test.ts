/**
 * A machine that is sick, on which everything goes wrong while others do well: its worker is excluded for
 * a while, whoever asks or follows a job is told so, and the job puts out what it should.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { canMount } from "../support/output-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses, type WorkerChanges } from "./support/cluster-processes.ts";

let folder: ClusterFolder;
let cluster: ClusterProcesses;
beforeEach(async () => {
  folder = new ClusterFolder();
  cluster = await ClusterProcesses.start(folder, 2);
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Runs a job on a cluster that a sick worker has come to, and looks for what is told of it. */
async function expectExcluded(job: string, sick: WorkerChanges, how: RegExp): Promise<void> {
  await cluster.addWorker(sick);
  // So many maps that the sick one gets enough of them, however fast it fails.
  const begun = cluster.begin(job, "--split-size", "1KB", "-R", "1");
  const { ended, parts } = await cluster.output(begun);
  expect(parts).toEqual(await folder.expected(job, 1));
  expect(ended.stderr).toContain("Worker w3 is excluded. In 10 minutes: ");
  expect(cluster.master.stderr).toContain("Worker w3 is excluded. ");
  const at = ["--masters", cluster.address];
  const { stdout } = await sheaf(folder.path, "cluster", ...at);
  const line = stdout.split("\n").find((text) => text.startsWith("w3"));
  expect(line).toMatch(/^w3 +excluded +0\/1 /);
  expect(line).toMatch(how);
  expect(line).toMatch(/Other workers fare better\. It gets nothing for \d+ s\.$/);
  const { workers } = JSON.parse((await sheaf(folder.path, "cluster", "--json", ...at)).stdout);
  const stateOf = ({ worker, state }: Record<string, string>) => [worker, state];
  expect(workers.map(stateOf).sort()).toEqual([
    ["w1", "live"],
    ["w2", "live"],
    ["w3", "excluded"],
  ]);
}

describe("a machine that is excluded", () => {
  test("fails whatever runs on it", async () => {
    folder.write(
      "fails-there.ts",
      jobFile({
        before: "const cell = new Int32Array(new SharedArrayBuffer(4));",
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    if (process.env.LC_SICK === "1") throw new Error("not on this machine");
    Atomics.wait(cell, 0, 0, 2);
    emit(line, 1);
  },
  reduce: sum,`,
      }),
    );
    const sick = { environment: { LC_SICK: "1" } };
    await expectExcluded("fails-there.ts", sick, /\d+ attempts failed/);
  });

  test.skipIf(!canMount())("has a full disk", async () => {
    const disk = folder.at("small");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=160k", "tmpfs", disk]);
    folder.write(
      "large.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { for (let i = 0; i < 1000; i++) emit(line + i, i); },
  reduce: sum,`,
      }),
    );
    try {
      const sick = { flags: ["--work-dir", disk] };
      await expectExcluded("large.ts", sick, /\d+ attempts got lost/);
    } finally {
      for (const worker of cluster.workers) worker.process.kill("SIGKILL");
      await Promise.all(cluster.workers.map((worker) => worker.ended()));
      execFileSync("umount", ["-l", disk]);
    }
  });
});
