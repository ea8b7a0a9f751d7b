/**
 * What people do to a cluster that runs jobs, and ask of it: variables that they give to a job, workers
 * that they end, and jobs that have ended.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";

/** What its functions see of three variables; it does not load on a node that shows its token. */
const SEEN = jobFile({
  before: `import { isMainThread } from "node:worker_threads";
if (process.env.COLOUR === undefined) throw new Error("It is not given.");
if (!isMainThread && process.env.SHEAF_TOKEN !== undefined) throw new Error("It leaks.");`,
  definition: `  input: text(),
  intermediate: { key: string(), value: nothing() },
  map(_position, _line, emit) {
    emit([process.env.COLOUR, process.env.SHEAF_TOKEN, process.env.LC_OWN].join("|"));
  },
  reduce(_key, _values, emit) { emit(); },
  output: textOutput({ only: "keys" }),`,
});

describe("a cluster that is not told when a worker dies", () => {
  let folder: ClusterFolder;
  let cluster: ClusterProcesses;
  beforeAll(async () => {
    folder = new ClusterFolder({ "seen.ts": SEEN });
    const own = { SHEAF_TOKEN: "the-secret-of-the-nodes-themselves", LC_OWN: "C" };
    const environment = { ...process.env, ...own };
    cluster = await ClusterProcesses.start(folder, 2, { environment, pingTimeout: "10m" });
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  test("gives a job the variables that it was submitted with, and few of its nodes' own", async () => {
    const begun = cluster.begin("seen.ts", "--quiet", "--env", "COLOUR=dark blue", "-R", "1");
    expect((await cluster.output(begun)).parts).toEqual(["dark blue||C\n"]);
  });

  test("hears of a worker that is ended, and has its tasks run elsewhere at once", async () => {
    const gated = new GatedJob(folder, "leaves", "map");
    const begun = cluster.begin(gated.file, "--quiet");
    await gated.reached(2);
    const leaving = cluster.workers[0]!;
    leaving.process.kill("SIGTERM");
    expect((await leaving.ended()).code).toBe(0);
    await cluster.master.shows("Worker w1 leaves.");
    gated.open();
    // Whoever waited for its pings would wait for ten minutes.
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(cluster.master.stderr).not.toContain("is given up");
  });

  test("tells how far jobs have come that have ended", async () => {
    folder.write(
      "stops.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { emit(line, 1); },
  reduce() { throw new Error("no more"); },`,
      }),
    );
    await cluster.begin("stops.ts", "--max-attempts", "1").command.ended();
    const { stdout } = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
    const jobs = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const [failed, succeeded] = jobs;
    const maps = succeeded.map.tasks;
    expect(maps).toBeGreaterThan(2);
    const input = { records: 800, bytes: folder.read("in/a.txt").length * 2 };
    expect(succeeded.map).toMatchObject({ completed: maps, running: 0, records: 800 });
    expect(succeeded.reduce).toMatchObject({ tasks: 2, completed: 2, running: 0 });
    expect(failed.map).toMatchObject({ tasks: maps, completed: maps, records: input.records });
    expect(failed.reduce).toMatchObject({ tasks: 2, running: 0 });
    expect(failed.reduce.completed).toBeLessThan(2);
    const table = await sheaf(folder.path, "jobs", "--masters", cluster.address);
    expect(table.stdout).toContain(`${maps}/${maps}`);
  });
});

test("jobs at once share the slots alike, and one of higher priority comes first", async () => {
  using folder = new ClusterFolder();
  await using cluster = await ClusterProcesses.start(folder, 0);
  const begin = (name: string, ...flags: string[]) => {
    const gated = new GatedJob(folder, name, "map");
    return { gated, begun: cluster.begin(gated.file, "--quiet", "--slowstart", "1", ...flags) };
  };
  const one = begin("one");
  const other = begin("other");
  const urgent = begin("urgent", "--priority", "1");
  const planned = async () => {
    const { stdout } = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
    const lines = stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line)).filter(({ map }) => map.tasks > 4).length;
  };
  await expect.poll(planned, { timeout: 30_000 }).toBe(3);
  await cluster.addWorker({ flags: ["--slots", "4"] });
  await urgent.gated.reached(4);
  expect([one.gated.marks(), other.gated.marks()]).toEqual([[], []]);
  urgent.gated.open();
  await cluster.output(urgent.begun);
  await Promise.all([one.gated.reached(2), other.gated.reached(2)]);
  expect([one.gated.marks().length, other.gated.marks().length]).toEqual([2, 2]);
  for (const { gated, begun } of [one, other]) {
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
  }
});
