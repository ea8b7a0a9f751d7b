/**
 * The waits of a link, which no test of a whole worker could sit out.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HandClock } from "../../test/support/hand-clock.ts";
import { ScriptedMaster } from "../../test/support/scripted-master.ts";
import { incarnation, workerName } from "../base/ids.ts";
import { Masters } from "../rpc/client/masters.ts";
import { parseAddress } from "../rpc/security/address.ts";
import type { Register } from "../rpc/wire/from-worker.ts";
import { LeaderLink } from "./leader-link.ts";
import type { LeaderMessage } from "./session.ts";

const REGISTER: Register = {
  type: "register",
  ...{ worker: workerName("w"), regionAddress: "127.0.0.1:1", slots: 1, slotMemoryBytes: 2 ** 24 },
  ...{ host: "", rack: "", version: "1", running: [], ended: [], jobs: [] },
};

let master: ScriptedMaster;
let masters: Masters;
let clock: HandClock;
let lines: string[];
let taken: LeaderMessage[];
let lives: number;
let stop: AbortController;
let ended: Promise<unknown>;
let link: LeaderLink;

beforeEach(async () => {
  master = await ScriptedMaster.start();
  clock = new HandClock();
  masters = new Masters({
    addresses: [parseAddress("a master", master.address)],
    tls: undefined,
    pace: clock,
    nowMs: () => clock.nowMs(),
  });
  lines = [];
  taken = [];
  lives = 1;
  stop = new AbortController();
  link = new LeaderLink({
    masters,
    clock,
    log: {
      info: (event) => lines.push(event),
      warn: (event) => lines.push(event),
    },
    worker: {
      introduce: () => ({ incarnation: incarnation(`life-${lives}`), register: REGISTER }),
      registered: () => {},
      disconnected: () => {},
      take: (message) => taken.push(message),
      beginLife: async () => {
        lives++;
      },
    },
  });
  ended = link.run(stop.signal).catch((thrown: unknown) => thrown);
});
afterEach(async () => {
  stop.abort();
  await ended;
  masters.close();
  await master.close();
});

describe("a link", () => {
  test("comes back to a full cluster after a while", async () => {
    for (let i = 0; i < 2; i++) {
      const session = await master.session();
      const message = "There are 10,000 workers.";
      session.say({ type: "refused", reason: "full", message, leader: undefined });
      session.end();
      await clock.isAsked(5000);
      await clock.pass(5000);
    }
    await master.worker();
    // The same complaint is no news.
    expect(lines.filter((event) => event === "disconnected")).toHaveLength(1);
  });

  test("gives up a master that says nothing at all", async () => {
    const silent = await master.session();
    await clock.isAsked(10_000);
    await clock.pass(10_000);
    await silent.ended();
    // The wait between rounds.
    await clock.isAsked(200);
    await clock.pass(200);
    await master.worker();
  });

  test("waits longer from failure to failure, and anew after a success", async () => {
    for (const waitMs of [200, 400, 800, 1600, 3000, 3000]) {
      (await master.session()).end();
      await clock.isAsked(waitMs);
      await clock.pass(waitMs);
    }
    const session = await master.worker();
    await link.leader(stop.signal);
    session.end();
    await clock.isAsked(200);
  });

  test("begins as many lives as it is refused for", async () => {
    for (let life = 1; life <= 3; life++) {
      const session = await master.session();
      expect(session.incarnation).toBe(`life-${life}`);
      session.say({ type: "refused", reason: "lost", message: "Begin anew.", leader: undefined });
      session.end();
      await clock.isAsked(100);
      await clock.pass(100);
    }
    await master.worker();
    expect(lines.filter((event) => event === "new-life")).toHaveLength(3);
  });

  test("hears nothing but a registration, until it is registered", async () => {
    const session = await master.session();
    const job = REGISTER.jobs[0] ?? ("j-1" as (typeof REGISTER.jobs)[number]);
    session.say({ type: "forget-job", job });
    session.admit();
    session.say({ type: "recorded", attempts: [] });
    await session.pong();
    expect(taken.map(({ type }) => type)).toEqual(["recorded"]);
  });

  test("has whoever needs the leader wait for one", async () => {
    const asked = link.leader(stop.signal);
    const session = await master.worker();
    expect((await asked).peer).toBe(master.address);
    session.end();
    await session.ended();
    await clock.isAsked(200);
    const impatient = new AbortController();
    const waiting = expect(link.leader(impatient.signal)).rejects.toThrow("enough");
    impatient.abort(new Error("enough"));
    await waiting;
  });
});
