/**
 * Masters that die, come back and are replaced while a job runs: it goes on, nothing that was done is
 * done again, and what it puts out is what the sequential executor puts out, byte for byte. One that is
 * alone and dies has a file of its own (master-restart.test.ts).
 */

import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sheaf } from "../integration/support/command.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses, kill } from "./support/cluster-processes.ts";
import { GatedJob } from "./support/gated-job.ts";

let folder: ClusterFolder;
let cluster: ClusterProcesses | undefined;
let gated: GatedJob;

beforeEach(() => {
  folder = new ClusterFolder();
});

afterEach(async () => {
  await cluster?.[Symbol.asyncDispose]();
  cluster = undefined;
  folder[Symbol.dispose]();
});

/** Begins a job that waits in a phase, and waits until so many attempts of it have begun. */
async function beginGated(on: ClusterProcesses, phase: "map" | "reduce", attempts: number) {
  gated = new GatedJob(folder, phase, phase, { from: phase === "map" ? 2 : 0 });
  const begun = on.begin(gated.file);
  await gated.reached(attempts);
  return begun;
}

const PHASES = [
  ["map", 5],
  ["reduce", 2],
] as const;

describe("a master alone", () => {
  test("that is told to end and started again goes on, with the jobs that had ended too", async () => {
    cluster = await ClusterProcesses.start(folder, 2);
    await cluster.output(cluster.begin("word-count.ts", "--quiet"));
    const begun = await beginGated(cluster, "map", 4);
    const [master] = cluster.masters;
    master!.command.process.kill("SIGTERM");
    expect((await master!.command.ended()).code).toBe(0);
    const doctor = await sheaf(folder.path, "doctor", folder.at("master-1"));
    expect(doctor.code).toBe(0);
    expect(doctor.stdout).toContain("term");
    await cluster.restart(master!);
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(gated.again()).toEqual([]);
    const jobs = await sheaf(folder.path, "jobs", "--json", "--masters", cluster.address);
    const states = jobs.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).state);
    expect(states).toEqual(["succeeded", "succeeded"]);
  });

  test("does not start in the folder of a running one", async () => {
    cluster = await ClusterProcesses.start(folder, 0);
    const words = ["master", "--data", folder.at("master-1"), "--listen", "127.0.0.1:0"];
    const { code, stderr } = await sheaf(folder.path, ...words);
    expect(code).toBe(2);
    expect(stderr).toContain("in use");
  });
});

describe("three masters", () => {
  beforeEach(async () => {
    cluster = await ClusterProcesses.start(folder, 3, { masters: 3 });
  });

  test.each(PHASES)("go on when the leader is killed in the %s phase", async (phase, attempts) => {
    const begun = await beginGated(cluster!, phase, attempts);
    const leader = await cluster!.leader();
    await kill(leader.command);
    expect((await cluster!.leader()).id).not.toBe(leader.id);
    gated.open();
    const { parts, ended } = await cluster!.output(begun);
    expect(parts).toEqual(await folder.expected());
    expect(gated.again()).toEqual([]);
    expect(ended.stderr).toContain(`Lost the leader ${leader.address}`);
  });

  test("go on when the leader is stopped for a while, which then follows", async () => {
    const begun = await beginGated(cluster!, "map", 5);
    const leader = await cluster!.leader();
    leader.command.process.kill("SIGSTOP");
    const others = cluster!.masters.filter((it) => it !== leader);
    await Promise.any(others.map(({ command }) => command.shows("This master leads")));
    leader.command.process.kill("SIGCONT");
    await leader.command.shows("does not lead any more");
    gated.open();
    expect((await cluster!.output(begun)).parts).toEqual(await folder.expected());
    expect(gated.again()).toEqual([]);
  });

  test("all killed and started again go on with the job", async () => {
    const begun = await beginGated(cluster!, "reduce", 2);
    await Promise.all(cluster!.masters.map(({ command }) => kill(command)));
    await Promise.all(cluster!.masters.map((master) => cluster!.restart(master)));
    gated.open();
    expect((await cluster!.output(begun)).parts).toEqual(await folder.expected());
    expect(gated.again()).toEqual([]);
  });

  test("take one back that has lost its folder, with all that they know", async () => {
    const begun = await beginGated(cluster!, "map", 5);
    const leader = await cluster!.leader();
    const [unlucky, other] = cluster!.masters.filter((it) => it !== leader);
    await kill(unlucky!.command);
    rmSync(folder.at(`master-${unlucky!.id}`), { recursive: true });
    await cluster!.restart(unlucky!);
    await unlucky!.command.shows("This master has its vote");
    // It counts again: with it, the group does without the leader, or without the third.
    await kill(leader.command);
    await cluster!.leader();
    await cluster!.restart(leader);
    await kill(other!.command);
    gated.open();
    expect((await cluster!.output(begun)).parts).toEqual(await folder.expected());
    expect(gated.again()).toEqual([]);
  });

  test("of which one is left change nothing, and say so", async () => {
    const leader = await cluster!.leader();
    const others = cluster!.masters.filter((it) => it !== leader);
    await Promise.all(others.map(({ command }) => kill(command)));
    await leader.command.shows("does not lead any more");
    const asked = ["--masters", leader.address, "--wait", "2s"];
    const jobs = await sheaf(folder.path, "jobs", ...asked);
    expect(jobs.code).toBe(3);
    expect(jobs.stderr).toContain("knows of no leader");
    const status = await sheaf(folder.path, "cluster", ...asked);
    expect(status.code).toBe(3);
    await cluster!.restart(others[0]!);
    expect((await sheaf(folder.path, "jobs", "--masters", cluster!.address)).code).toBe(0);
  });

  test("give the place of a lost one to a new one while a job runs", async () => {
    const begun = await beginGated(cluster!, "map", 5);
    const leader = await cluster!.leader();
    const lost = cluster!.masters.find((it) => it !== leader)!;
    await kill(lost.command);
    const fresh = await cluster!.join(4);
    const to = ["--masters", leader.address];
    const replaced = await sheaf(
      folder.path,
      "cluster",
      "replace",
      `${lost.id}=${fresh.address}`,
      ...to,
    );
    expect(replaced.code).toBe(0);
    // The new one's vote counts: with it, the group does without the leader.
    await kill(leader.command);
    gated.open();
    expect((await cluster!.output(begun)).parts).toEqual(await folder.expected());
    const { stdout } = await sheaf(folder.path, "cluster", "--json", "--masters", cluster!.address);
    const { members } = JSON.parse(stdout) as { members: { member: number; role: string }[] };
    expect(members.map(({ member }) => member)).toEqual(
      cluster!.masters.map(({ id }) => id).filter((id) => id !== lost.id),
    );
    expect(gated.again()).toEqual([]);
  });
});
