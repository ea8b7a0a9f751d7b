/**
 * Disks of workers that lose or change what was written, or are full, while a job runs on a real
 * cluster: the output is that of the sequential executor.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { canMount } from "../support/output-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";

let folder: ClusterFolder;
let cluster: ClusterProcesses;
beforeEach(async () => {
  folder = new ClusterFolder();
  cluster = await ClusterProcesses.start(folder, 1);
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** The map outputs on the disks of all workers. */
function mapOutputs(): string[] {
  const disks = cluster.workers.map((_, i) => `disk-w${i + 1}`);
  return disks.flatMap((disk) => {
    const paths = readdirSync(folder.at(disk), { recursive: true, encoding: "utf8" });
    return paths
      .filter((path) => /map-[1-9]\d*-\d+$/.test(path))
      .map((path) => folder.at(`${disk}/${path}`));
  });
}

/** Tasks of the youngest job that wait for nothing any more. */
async function mapsLeft(): Promise<number> {
  const { stdout } = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
  const { map } = JSON.parse(stdout.split("\n")[0]!) as { map: Record<string, number> };
  return map.tasks! - map.completed!;
}

describe("a region on a disk", () => {
  test.each([
    ["is cut short", (path: string) => truncateSync(path, 30)],
    ["is empty", (path: string) => truncateSync(path, 0)],
    [
      "has a flipped bit",
      (path: string) => {
        const bytes = readFileSync(path);
        bytes[bytes.length >> 1]! ^= 1;
        writeFileSync(path, bytes);
      },
    ],
  ])("that %s is never reduced: its map runs again", async (_what, damage) => {
    await cluster.addWorker();
    const gated = new GatedJob(folder, "damaged", "map", 0);
    const begun = cluster.begin(gated.file, "--quiet", "--slowstart", "1");
    await gated.reached(1);
    await expect.poll(mapsLeft, { timeout: 20_000 }).toBe(1);
    const outputs = mapOutputs();
    expect(outputs.length).toBeGreaterThan(2);
    for (const path of outputs) damage(path);
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(cluster.master.stderr).toContain("A map output is lost");
  });
});

test.skipIf(!canMount())("a full disk costs the job nothing but time", async () => {
  const disk = folder.at("small");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=160k", "tmpfs", disk]);
  try {
    const small = await cluster.addWorker({ flags: ["--work-dir", disk] });
    folder.write(
      "large.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { for (let i = 0; i < 100; i++) emit(line + i, i); },
  reduce: sum,`,
      }),
    );
    const begun = cluster.begin("large.ts", "--quiet", "--max-attempts", "1");
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected("large.ts"));
    expect(small.stderr).toContain("no space is left");
  } finally {
    for (const worker of cluster.workers) worker.process.kill("SIGKILL");
    await Promise.all(cluster.workers.map((worker) => worker.ended()));
    execFileSync("umount", ["-l", disk]);
  }
});
