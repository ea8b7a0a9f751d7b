/**
 * Real workers and the leaders that come and go: what a worker holds to, what it tells again, and when
 * it ends.
 */

import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memberId, term } from "../../src/base/ids.ts";
import type { RefusalReason } from "../../src/rpc/wire/from-master.ts";
import { ClusterCertificates } from "../support/cluster-certificates.ts";
import { isOf, sourceOf, succeeded } from "../support/scripted-job.ts";
import { ScriptedMaster, type ScriptedSession } from "../support/scripted-master.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { WorkerProcess } from "./support/worker-process.ts";

let folder: ClusterFolder;
beforeAll(() => {
  folder = new ClusterFolder();
});
afterAll(() => folder[Symbol.dispose]());

function refuse(session: ScriptedSession, reason: RefusalReason, message: string): void {
  session.say({ type: "refused", reason, message, leader: undefined });
  session.end();
}

describe("a worker whose session breaks", () => {
  test("goes on, names what it holds, and tells again what ended until that is recorded", async () => {
    await using master = await ScriptedMaster.start();
    await using _worker = new WorkerProcess(master, ["--slots", "2"]);
    const first = await master.worker();
    const { job, open } = await folder.planGated(master);
    job.tell(first);
    const [a, b] = [job.assignMap(first, 0), job.assignMap(first, 1)];
    await first.hears("progress", ({ attempts }) => attempts.some(isOf(b)));
    first.end();

    const second = await master.worker();
    expect(second.register.running).toEqual([a, b]);
    expect(second.register.ended).toEqual([]);
    expect(second.register.jobs).toEqual([job.id]);
    expect(second.incarnation).toBe(first.incarnation);
    open();
    const told = await succeeded(second, a);
    await succeeded(second, b);
    second.end();

    const third = await master.worker();
    expect(third.register.running).toEqual([]);
    expect(third.register.ended).toEqual(expect.arrayContaining([a, b]));
    expect(third.register.ended).toHaveLength(2);
    expect(await succeeded(third, a)).toEqual(told);
    await succeeded(third, b);
    third.say({ type: "recorded", attempts: [a] });
    // Once it has answered a ping, it has heard what was said before.
    await third.pong();
    await third.pong();
    third.end();

    const fourth = await master.worker();
    expect(fourth.register.ended).toEqual([b]);
    await succeeded(fourth, b);
    // What it has it does not do twice.
    job.assignMap(fourth, 1);
    await succeeded(fourth, b);
    expect(fourth.heard.filter(({ message }) => message.type === "progress")).toEqual([]);
  });

  test("finishes a reduce whose regions come from two leaders", async () => {
    await using master = await ScriptedMaster.start();
    await using _worker = new WorkerProcess(master, ["--slots", "2"]);
    const first = await master.worker();
    const job = await folder.plan(master, "word-count.ts", { partitions: 1 });
    job.tell(first);
    const maps = await Promise.all(job.splits.map((_, task) => job.map(first, task)));
    const reduce = job.assignReduce(first, 0);
    job.locate(first, 0, maps.slice(0, 2));
    await first.pong();
    first.end();
    const second = await master.worker();
    expect(second.register.running).toEqual([reduce]);
    job.tell(second);
    job.locate(second, 0, maps);
    await succeeded(second, reduce);
    expect(job.part(0)).toBe((await folder.expected("word-count.ts", 1))[0]);
  });

  test("follows the hint of a master that does not lead, and fences the one that led", async () => {
    await using old = await ScriptedMaster.start();
    await using follower = await ScriptedMaster.start();
    await using leader = await ScriptedMaster.start();
    old.term = term(5);
    leader.term = term(6);
    // It need not know the leader's address.
    await using _worker = new WorkerProcess([old, follower]);
    const first = await old.worker();
    first.end();
    const asked = await follower.session();
    asked.say({
      type: "refused",
      reason: "not-leader",
      message: "Another one leads.",
      leader: { member: memberId(3), address: leader.address, term: term(6) },
    });
    const second = await leader.worker();
    await follower.close();
    second.end();
    // One that has not heard that it leads no more is not believed.
    old.term = term(5);
    const zombie = await old.worker();
    zombie.say({ type: "refused", reason: "superseded", message: "no", leader: undefined });
    zombie.end();
    const third = await leader.worker();
    await third.pong();
    expect(zombie.pongs).toBe(0);
    expect(third.incarnation).toBe(first.incarnation);
  });

  test("takes a leader that is silent for gone", async () => {
    await using master = await ScriptedMaster.start();
    master.pingTimeoutMs = 300;
    await using worker = new WorkerProcess(master);
    const first = await master.worker();
    await first.pong();
    first.fallSilent();
    await first.ended();
    const second = await master.worker();
    await second.pong();
    expect(worker.command.stderr).toContain("it was silent for 0.3 s");
  });
});

describe("a worker", () => {
  test("drops what is meant for another life, or comes of an older term", async () => {
    await using master = await ScriptedMaster.start();
    master.term = term(7);
    await using _worker = new WorkerProcess(master);
    const session = await master.worker();
    const job = await folder.plan(master);
    job.tell(session);
    const assignment = (task: number) =>
      ({
        type: "assign",
        assignment: {
          attempt: job.ref("map", task),
          skip: [],
          skipsLeft: 0,
          task: { kind: "map", split: job.splits[task]! },
        },
      }) as const;
    session.say(assignment(0), { incarnation: "w-another" as typeof session.incarnation });
    session.say(assignment(1), { term: term(6) });
    session.say(assignment(2));
    await succeeded(session, job.ref("map", 2));
    await session.pong();
    const ended = session.heard.filter(({ message }) => message.type === "attempt-succeeded");
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({ term: 7, incarnation: session.incarnation });
  });

  test("begins a new life when it was given up: it knows nothing and keeps nothing", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master, ["--slots", "2"]);
    await using _other = new WorkerProcess(master, ["--slots", "1", "--name", "reader"]);
    const both = [await master.worker(), await master.worker()];
    const reader = both.find(({ register }) => register.worker === "reader")!;
    const first = both.find((session) => session !== reader)!;
    const job = await folder.plan(master);
    const { job: gated } = await folder.planGated(master);
    for (const each of [job, gated]) each.tell(first);
    const mapped = await job.map(first, 0);
    const endless = gated.assignMap(first, 0);
    await first.hears("progress", ({ attempts }) => attempts.some(isOf(endless)));
    first.end();
    const second = await master.session();
    expect(second.register.running).toEqual([endless]);
    refuse(second, "lost", "It was silent for too long.");

    const third = await master.worker();
    expect(third.incarnation).not.toBe(first.incarnation);
    expect(third.register).toMatchObject({ running: [], ended: [], jobs: [] });
    expect(third.register.regionAddress).toBe(first.register.regionAddress);
    expect(third.register.worker).toBe(first.register.worker);
    // Its slots are free, and what it had is gone.
    job.tell(third);
    await Promise.all([job.map(third, 1), job.map(third, 2)]);
    job.tell(reader);
    const reduce = job.assignReduce(reader, 0);
    job.locate(reader, 0, [mapped]);
    expect(await reader.hears("fetch-failed", isOf(reduce))).toMatchObject({
      producer: mapped.ref,
      workerIncarnation: first.incarnation,
      reason: "gone",
    });
    expect(worker.files().filter((path) => path.includes(gated.id))).toEqual([]);
    expect(sourceOf(third).incarnation).toBe(third.incarnation);
  });

  test.each(["version", "superseded"] as const)("ends when it is refused: %s", async (reason) => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master);
    refuse(await master.session(), reason, "The masters run version 9.9.9.");
    const { code, stderr } = await worker.command.ended();
    expect(code).toBe(1);
    expect(stderr).toContain(
      "error: The cluster refused this worker: The masters run version 9.9.9.\n",
    );
    expect(worker.files()).toEqual([]);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 0],
  ] as const)(
    "ends at %s with %d in the middle of its work, and removes it",
    async (signal, code) => {
      await using master = await ScriptedMaster.start();
      await using worker = new WorkerProcess(master);
      const session = await master.worker();
      const { job } = await folder.planGated(master);
      job.tell(session);
      const endless = job.assignMap(session, 0);
      await session.hears("progress", ({ attempts }) => attempts.some(isOf(endless)));
      expect(worker.files()).not.toEqual([]);
      expect(await worker.end(signal)).toMatchObject({ code });
      expect(worker.files()).toEqual([]);
    },
  );

  test("removes what a worker has left that was killed in the same folder", async () => {
    await using master = await ScriptedMaster.start();
    await using worker = new WorkerProcess(master);
    const session = await master.worker();
    const job = await folder.plan(master);
    job.tell(session);
    await job.map(session, 0);
    await worker.end("SIGKILL");
    expect(worker.files()).not.toEqual([]);
    await using next = new WorkerProcess(master, ["--work-dir", worker.folder.at("work")]);
    await master.worker();
    const folders = readdirSync(worker.folder.at("work"));
    expect(folders).toHaveLength(1);
    await next.end();
    expect(readdirSync(worker.folder.at("work"))).toEqual([]);
  });

  test("waits for masters that are not there yet", async () => {
    const gone = await ScriptedMaster.start();
    const { port } = gone;
    await gone.close();
    await using worker = new WorkerProcess([gone]);
    await worker.command.shows("No leader:");
    await using master = await ScriptedMaster.start({ address: { host: "127.0.0.1", port } });
    const session = await master.worker();
    await session.pong();
  });

  test("shows its certificate, and takes none for a master that is another's", async () => {
    const certificates = new ClusterCertificates();
    try {
      await using master = await ScriptedMaster.start({ tls: certificates.good("master") });
      const flags = ["--certs", certificates.folder("good")];
      await using one = new WorkerProcess(master, [
        ...flags,
        "--listen",
        "0.0.0.0:0",
        "--advertise",
        "127.0.0.1:0",
      ]);
      await using two = new WorkerProcess(master, flags);
      const workers = [await master.worker(), await master.worker()];
      const job = await folder.plan(master);
      expect(await job.run(workers)).toEqual(await folder.expected());
      await using stranger = new WorkerProcess(master, ["--certs", certificates.folder("foreign")]);
      await stranger.command.shows("No leader:");
      for (const worker of [one, two]) expect((await worker.end()).code).toBe(0);
    } finally {
      certificates.remove();
    }
  });
});
