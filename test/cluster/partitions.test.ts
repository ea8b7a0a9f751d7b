/**
 * Networks that fail without a word: connections that stay while nothing arrives, in one direction or
 * in both, and connections of which one side alone knows that they are gone. Real nodes with a proxy
 * between them.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Command, sheaf } from "../integration/support/command.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";
import { TcpProxy } from "./support/tcp-proxy.ts";

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

/** How the cluster sees its second worker. */
async function second(): Promise<{ state: string }> {
  const words = ["cluster", "--json", "--masters", cluster.address];
  const { stdout } = await sheaf(folder.path, ...words);
  const { workers } = JSON.parse(stdout) as { workers: { worker: string; state: string }[] };
  return workers.find(({ worker }) => worker === "w2")!;
}

describe("between a worker and its master", () => {
  let proxy: TcpProxy;
  let behind: Command;
  let gated: GatedJob;
  beforeEach(async () => {
    proxy = await TcpProxy.start(cluster.address);
    behind = await cluster.addWorker({ masters: proxy.address });
    gated = new GatedJob(folder, "gated-map", "map");
  });
  afterEach(() => proxy[Symbol.asyncDispose]());

  test.each([
    ["of what the worker says nothing arrives", "up"],
    ["of what the master says nothing arrives", "down"],
  ] as const)("%s: it is given up, and begins anew when it is heard again", async (_, way) => {
    const begun = cluster.begin(gated.file, "--quiet");
    await gated.reached(2);
    proxy.swallow(way);
    await cluster.master.shows("Worker w2 does not answer: it is given up.");
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    const held = gated
      .marks()
      .find(({ pid, attempt }) => attempt === 0 && pid === behind.process.pid)!;
    const again = gated.marks().filter(({ task, attempt }) => task === held.task && attempt > 0);
    expect(again.map(({ pid }) => pid)).toEqual([cluster.workers[0]!.process.pid]);
    proxy.heal();
    await behind.shows("it begins anew");
    await expect.poll(async () => (await second()).state, { timeout: 20_000 }).toBe("live");
  });

  test("a connection that the master alone takes for open costs no work", async () => {
    const begun = cluster.begin(gated.file, "--quiet");
    await gated.reached(2);
    proxy.forgetCallers();
    await behind.shows("No leader:");
    await expect.poll(() => behind.stderr.split("Registered with").length).toBe(3);
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(gated.marks().filter(({ attempt }) => attempt > 0)).toEqual([]);
    expect(cluster.master.stderr).not.toContain("is given up");
  });
});

// Maps that run again may run there again, until the worker is excluded.
test("a worker that answers pings, and from which no region comes, is worked around", {
  timeout: 180_000,
}, async () => {
  await using proxy = await TcpProxy.start();
  const hole = await cluster.addWorker({
    flags: ["--advertise", proxy.address, "--fetch-timeout", "300ms"],
  });
  // The one that is to fetch from it, and one more for its maps to run on.
  await cluster.addWorker({ flags: ["--fetch-timeout", "300ms"] });
  const [first] = cluster.workers;
  first!.process.kill("SIGKILL");
  await first!.ended();
  const [, address] = /listens on (\S+:\d+)/.exec(hole.stderr)!;
  const [host, port] = address!.split(":");
  proxy.target = { host: host!, port: Number(port) };
  proxy.swallow("up", "down");
  const gated = new GatedJob(folder, "gated-reduce", "reduce");
  const begun = cluster.begin(gated.file, "--quiet", "--slowstart", "1");
  // Its own reduce has all regions and waits, so that nobody else than the master can help the other.
  await gated.reached(1, ({ pid }) => pid === hole.process.pid);
  await cluster.master.shows("A map output is lost");
  gated.open();
  expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
  expect(cluster.master.stderr).not.toContain("Worker w2 does not answer");
  expect(await second()).toMatchObject({ state: expect.stringMatching(/live|excluded/) });
});
