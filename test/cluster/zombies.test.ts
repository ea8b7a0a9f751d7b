/**
 * Workers that die, or sleep, at the worst moments of a reduce: after its part is written, after it
 * has won, and before it finds out that it was given up. Whatever they do, each partition has the
 * one part that its winner wrote.
 */

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Command } from "../integration/support/command.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";
import { GatedJob, type Mark } from "./support/gated-job.ts";
import { TcpProxy } from "./support/tcp-proxy.ts";

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

const WHOLE = ["_SUCCESS", "part-00000", "part-00001"];

/** An output as a reader finds it. */
function contentOf(output: string): (readonly [string, string])[] {
  const names = readdirSync(output).sort();
  return names.map((name) => [name, readFileSync(join(output, name), "latin1")] as const);
}

/** What a file holds that a job has in its staging folder; undefined while it is not there. */
function staged(name: string): string | undefined {
  const paths = readdirSync(folder.path, { recursive: true, encoding: "utf8" });
  const path = paths.find((each) => each.startsWith(".") && each.endsWith(`/${name}`));
  return path && readFileSync(folder.at(path), "latin1");
}

const workerOf = ({ pid }: Mark): Command =>
  cluster.workers.find(({ process }) => process.pid === pid)!;
const isReduce = (task: number) => (mark: Mark) => mark.phase === "reduce" && mark.task === task;

describe("a worker", () => {
  test("that sleeps over its reduce and the end of the job changes nothing when it wakes up", async () => {
    const gated = new GatedJob(folder, "zombie", "reduce");
    const begun = cluster.begin(gated.file, "--quiet");
    const [mark] = await gated.reached(1, isReduce(0));
    const sleeper = workerOf(mark!);
    await cluster.addWorker();
    sleeper.process.kill("SIGSTOP");
    await cluster.master.shows("is given up");
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    const content = contentOf(begun.output);
    expect(content.map(([name]) => name)).toEqual(WHOLE);
    // Its gate is open: it goes on with its reduce until it is told.
    sleeper.process.kill("SIGCONT");
    await sleeper.shows("it begins anew");
    expect(contentOf(begun.output)).toEqual(content);
    expect(gated.marks().filter(isReduce(0)).length).toBeGreaterThan(1);
  });

  test("that dies between its part and its report leaves the part to another", async () => {
    const gated = new GatedJob(folder, "unreported", "reduce", 0);
    const proxy = await TcpProxy.start(cluster.address);
    // Whoever runs the task is behind the proxy.
    for (const worker of cluster.workers) worker.process.kill("SIGKILL");
    for (let i = 0; i < 2; i++) await cluster.addWorker({ masters: proxy.address });
    const [expected] = await folder.expected();
    const begun = cluster.begin(gated.file, "--quiet");
    const [mark] = await gated.reached(1, isReduce(0));
    const victim = workerOf(mark!);
    proxy.swallow("up");
    gated.open();
    await expect.poll(() => staged("part-00000.attempt-0")).toBe(expected);
    victim.process.kill("SIGKILL");
    await victim.ended();
    await cluster.addWorker();
    proxy.heal();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(contentOf(begun.output).map(([name]) => name)).toEqual(WHOLE);
    const pids = gated.marks().filter(isReduce(0));
    expect(new Set(pids.map(({ pid }) => pid)).size).toBe(2);
    await proxy[Symbol.asyncDispose]();
  });

  test("that dies after its part was published has reduced it, once and for all", async () => {
    const gated = new GatedJob(folder, "published", "reduce", 1);
    const begun = cluster.begin(gated.file, "--quiet");
    const [[winner]] = await Promise.all([
      gated.reached(1, isReduce(0)),
      gated.reached(1, isReduce(1)),
    ]);
    await expect.poll(() => staged("part-00000")).toBe((await folder.expected())[0]);
    const [waiting] = gated.marks().filter(isReduce(1));
    const victim = workerOf(winner!);
    await cluster.addWorker();
    victim.process.kill("SIGKILL");
    await cluster.master.shows("is given up");
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(contentOf(begun.output).map(([name]) => name)).toEqual(WHOLE);
    expect(gated.marks().filter(isReduce(0))).toHaveLength(1);
    expect(waiting!.pid).not.toBe(winner!.pid);
  });

  test("that is back at its address with an empty disk is not taken for the one before", async () => {
    const gated = new GatedJob(folder, "back", "map", 0);
    const begun = cluster.begin(gated.file, "--quiet", "--slowstart", "1");
    // The other one runs all the rest, and has begun the last of it.
    const marks = await gated.reached(4, ({ task }) => task > 0);
    const [holder] = await gated.reached(1, ({ task }) => task === 0);
    const victim = cluster.workers.find(({ process }) => process.pid !== holder!.pid)!;
    const index = cluster.workers.indexOf(victim) + 1;
    const [, address] = /listens on (\S+:\d+)/.exec(victim.stderr)!;
    victim.process.kill("SIGKILL");
    await victim.ended();
    rmSync(folder.at(`disk-w${index}`), { recursive: true });
    await cluster.addWorker({ flags: ["--name", `w${index}`, "--listen", address!] });
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(cluster.master.stderr).not.toContain("is given up");
    const lost = new Set(
      marks.filter(({ pid }) => pid === victim.process.pid).map((it) => it.task),
    );
    const again = gated.marks().filter(({ task, attempt }) => lost.has(task) && attempt > 0);
    expect(new Set(again.map(({ task }) => task))).toEqual(lost);
  });
});
