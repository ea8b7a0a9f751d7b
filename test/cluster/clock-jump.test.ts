/**
 * Machines whose clocks jump by an hour and back by two while they run a job: what is measured is
 * measured by clocks that nobody sets, so nobody is given up, and nothing runs twice.
 */

import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";

const HOUR_MS = 3_600_000;

/** Loaded before a node's own code: the wall clock is as far ahead as files say. */
function clockModule(folder: ClusterFolder): string {
  const path = (name: string) => JSON.stringify(folder.at(name));
  return `import { existsSync } from "node:fs";
const Real = Date;
const realNow = Date.now;
function now() {
  const hours = existsSync(${path("back")}) ? -1 : existsSync(${path("ahead")}) ? 1 : 0;
  return realNow() + hours * ${HOUR_MS};
}
globalThis.Date = class extends Real {
  constructor(...words) { super(...(words.length === 0 ? [now()] : words)); }
  static now() { return now(); }
};
`;
}

test("clocks that jump by an hour and back by two change nothing", async () => {
  using folder = new ClusterFolder();
  folder.write("clock.mjs", clockModule(folder));
  const preload = `--import ${folder.at("clock.mjs")}`;
  const environment = { ...process.env, NODE_OPTIONS: preload };
  await using cluster = await ClusterProcesses.start(folder, 2, { environment });
  const jump = async (where: "ahead" | "back") => {
    writeFileSync(folder.at(where), "");
    // Each node has pinged, answered and planned by the new time.
    const status = await sheaf(folder.path, "cluster", "--masters", cluster.address);
    expect(status.code).toBe(0);
  };
  const maps = new GatedJob(folder, "maps", "map");
  const first = cluster.begin(maps.file, "--quiet");
  await maps.reached(2);
  await jump("ahead");
  maps.open();
  expect((await cluster.output(first)).parts).toEqual(await folder.expected());
  const reduces = new GatedJob(folder, "reduces", "reduce");
  const second = cluster.begin(reduces.file, "--quiet");
  await reduces.reached(2);
  await jump("back");
  reduces.open();
  expect((await cluster.output(second)).parts).toEqual(await folder.expected());
  expect(
    maps
      .marks()
      .concat(reduces.marks())
      .every(({ attempt }) => attempt === 0),
  ).toBe(true);
  expect(cluster.master.stderr).not.toContain("is given up");
  // The clocks of the nodes have jumped: it shows in what is told by them.
  const { stdout } = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
  const [young, old] = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { submittedMs: number; endedMs: number });
  expect(old!.endedMs - old!.submittedMs).toBeGreaterThan(0.9 * HOUR_MS);
  expect(young!.endedMs - young!.submittedMs).toBeLessThan(-1.9 * HOUR_MS);
});
