/**
 * Who is asked next, and when: over real servers on loopback, with a clock and chance of the test's.
 */

import { afterEach, describe, expect, test } from "vitest";
import { partialService } from "../../../test/support/answering-services.ts";
import { RpcNodes } from "../../../test/support/rpc-nodes.ts";
import type { Pace } from "../../base/backoff.ts";
import { SheafError } from "../../base/error.ts";
import { jobId, memberId, term } from "../../base/ids.ts";
import { MEMBERS_MAX } from "../limits.ts";
import type { Address } from "../security/address.ts";
import type { RpcServer } from "../server/rpc-server.ts";
import { jobService } from "../services/job-service.ts";
import { notLeader } from "../status.ts";
import { Masters, type MastersOptions } from "./masters.ts";
import { stub } from "./stub.ts";

const JOB = jobId("job-1");

const nodes = new RpcNodes();
const opened: Masters[] = [];
afterEach(async () => {
  for (const masters of opened.splice(0)) masters.close();
  await nodes.close();
});

/** Time that passes only where somebody waits, and the most that chance gives. */
class TestPace implements Pace {
  nowMs = 0;
  readonly waitsMs: number[] = [];
  /** Called at each wait. */
  onWait: (count: number) => void = () => {};

  random(): number {
    return 0.999999;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.waitsMs.push(ms);
    this.nowMs += ms;
    this.onWait(this.waitsMs.length);
    signal?.throwIfAborted();
  }
}

type Conduct = () => Promise<"cancelled">;

/** A master whose conduct a test may change, and that counts its calls. */
class ScriptedMaster {
  calls = 0;
  conduct: Conduct = leads;
  server!: RpcServer;

  static async listen(conduct: Conduct = leads, address?: Address): Promise<ScriptedMaster> {
    const master = new ScriptedMaster();
    master.conduct = conduct;
    const cancelJob = () => {
      master.calls++;
      return master.conduct();
    };
    const services = [partialService(jobService, { cancelJob })];
    master.server = await nodes.listen(services, address && { address });
    return master;
  }

  get address(): Address {
    return this.server.address;
  }

  get text(): string {
    return this.server.addressText;
  }
}

async function leads(): Promise<"cancelled"> {
  return "cancelled";
}

/** A follower that hints at somebody, or at nobody. */
function follows(leader?: string): Conduct {
  return async () => {
    throw notLeader({ member: memberId(2), address: leader, term: term(5) });
  };
}

function open(addresses: readonly Address[], options: Partial<MastersOptions> = {}) {
  const pace = new TestPace();
  const masters = new Masters({
    addresses,
    tls: undefined,
    pace,
    nowMs: () => pace.nowMs,
    // A channel that has failed must not wait by the real clock before it tries again.
    channelLimits: { reconnectMsMin: 1, reconnectMsMax: 1 },
    ...options,
  });
  opened.push(masters);
  return { masters, pace };
}

/** An address where nobody listens. */
async function closedAddress(): Promise<Address> {
  const server = await nodes.listen([]);
  await server.close(0);
  return server.address;
}

function ask(masters: Masters, options: Partial<Parameters<Masters["ask"]>[1]> = {}) {
  return masters.ask(
    (channel, bounds) => stub(jobService, channel).cancelJob(JOB, bounds),
    // By the clock of the test, but for calls, which go by the real one.
    { deadlineMs: 10_000, ...options },
  );
}

describe("Masters.ask", () => {
  test("asks the master that was named first, and goes on with it", async () => {
    const [first, second] = [await ScriptedMaster.listen(), await ScriptedMaster.listen()];
    const { masters, pace } = open([first.address, second.address]);
    expect(await ask(masters)).toBe("cancelled");
    expect(await ask(masters)).toBe("cancelled");
    expect([first.calls, second.calls, pace.waitsMs]).toEqual([2, 0, []]);
  });

  test("follows a hint at once, to an address that was not named too, and stays there", async () => {
    const leader = await ScriptedMaster.listen();
    const follower = await ScriptedMaster.listen(follows(leader.text));
    const { masters, pace } = open([follower.address]);
    expect(await ask(masters)).toBe("cancelled");
    expect(await ask(masters)).toBe("cancelled");
    expect([follower.calls, leader.calls, pace.waitsMs]).toEqual([1, 2, []]);
    expect(masters.current().peer).toBe(leader.text);
  });

  test("goes to the next in turn where nobody listens", async () => {
    const master = await ScriptedMaster.listen();
    const { masters, pace } = open([await closedAddress(), await closedAddress(), master.address]);
    expect(await ask(masters)).toBe("cancelled");
    expect(pace.waitsMs).toEqual([]);
  });

  test("passes over a master that is silent, and leaves time for the others", async () => {
    const silent = await ScriptedMaster.listen(() => new Promise(() => {}));
    const leader = await ScriptedMaster.listen();
    const { masters } = open([silent.address, leader.address]);
    expect(await ask(masters, { tryMs: 50 })).toBe("cancelled");
  });

  test("is not led round in a circle by followers that hint at each other", async () => {
    const a = await ScriptedMaster.listen();
    const b = await ScriptedMaster.listen(follows(a.text));
    const c = await ScriptedMaster.listen(follows(a.text));
    a.conduct = follows(b.text);
    const { masters, pace } = open([a.address, b.address, c.address]);
    pace.onWait = () => {
      expect([a.calls, b.calls, c.calls]).toEqual([1, 1, 1]);
      a.conduct = leads;
    };
    expect(await ask(masters)).toBe("cancelled");
    expect(pace.waitsMs).toHaveLength(1);
  });

  test("finds the new leader though all still hint at the one that is gone", async () => {
    const gone = await closedAddress();
    const hint = follows(`127.0.0.1:${gone.port}`);
    const a = await ScriptedMaster.listen(hint);
    const b = await ScriptedMaster.listen(hint);
    const { masters, pace } = open([gone, a.address, b.address]);
    pace.onWait = (count) => {
      if (count === 2) b.conduct = leads;
    };
    expect(await ask(masters)).toBe("cancelled");
    expect(pace.waitsMs).toHaveLength(2);
  });

  test("waits between rounds, longer and longer up to a bound", async () => {
    const silent = await closedAddress();
    const { masters, pace } = open([silent]);
    await expect(ask(masters, { deadlineMs: 12_000 })).rejects.toThrow("within 12 s");
    expect(pace.waitsMs.slice(0, 6)).toEqual([200, 400, 800, 1600, 3000, 3000]);
  });

  test("asks followers of no leader more often, as long as an election may take", async () => {
    const master = await ScriptedMaster.listen(follows());
    const { masters, pace } = open([master.address]);
    pace.onWait = (count) => {
      if (count === 22) master.conduct = leads;
    };
    expect(await ask(masters, { deadlineMs: 60_000 })).toBe("cancelled");
    const election = [100, 200, ...new Array(18).fill(250)];
    expect(pace.waitsMs).toEqual([...election, 3000, 3000]);
    master.conduct = follows();
    pace.onWait = () => {
      master.conduct = leads;
    };
    await ask(masters);
    expect(pace.waitsMs.slice(22)).toEqual([100]);
  });

  test("ends at its deadline with each master that was asked and why it did not answer", async () => {
    const closed = await closedAddress();
    const follower = await ScriptedMaster.listen(follows());
    const stale = await ScriptedMaster.listen(follows(`127.0.0.1:${closed.port}`));
    const { masters, pace } = open([follower.address, stale.address]);
    const failures: string[] = [];
    const failed = await ask(masters, { onFailure: (peer) => failures.push(peer) }).catch(
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    expect((failed as Error).message).toBe(
      "Cannot reach the cluster: no master answered as its leader within 10 s.\n" +
        `  ${follower.text}: it does not lead, and knows of no leader\n` +
        `  ${stale.text}: it does not lead, and says that 127.0.0.1:${closed.port} does\n` +
        `  127.0.0.1:${closed.port}: nothing listens there (ECONNREFUSED)\n` +
        "Check that these are the masters' addresses, and that they run.",
    );
    expect(failures.slice(0, 3)).toEqual([follower.text, stale.text, `127.0.0.1:${closed.port}`]);
    expect(pace.nowMs).toBe(10_000);
  });

  test("throws at once what the leader refuses the call with", async () => {
    const refused = new SheafError("NOT_FOUND", 'There is no job "job-1".');
    const master = await ScriptedMaster.listen(() => Promise.reject(refused));
    const { masters } = open([master.address, await closedAddress()]);
    await expect(ask(masters)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(master.calls).toBe(1);
  });

  test("throws at once what is no failure of a call, such as a bug", async () => {
    const { masters } = open([await closedAddress()]);
    const bug = new TypeError("undefined is not a function");
    await expect(masters.ask(() => Promise.reject(bug), { deadlineMs: 1000 })).rejects.toBe(bug);
  });

  test("ends with the signal's reason, in a call and between rounds", async () => {
    const silent = await ScriptedMaster.listen(() => new Promise(() => {}));
    const inCall = new AbortController();
    const { masters } = open([silent.address]);
    silent.conduct = () => {
      inCall.abort(new Error("enough"));
      return new Promise(() => {});
    };
    await expect(ask(masters, { signal: inCall.signal })).rejects.toThrow("enough");
    const between = new AbortController();
    const { masters: others, pace } = open([await closedAddress()]);
    pace.onWait = () => between.abort(new Error("enough"));
    await expect(ask(others, { signal: between.signal })).rejects.toThrow("enough");
  });

  test("finds a master again that was gone", async () => {
    const master = await ScriptedMaster.listen();
    const { masters, pace } = open([master.address]);
    await ask(masters);
    await master.server.close(0);
    const back = new Promise<void>((resolve) => {
      pace.onWait = (count) => {
        if (count === 1) void ScriptedMaster.listen(leads, master.address).then(() => resolve());
      };
    });
    const wait = pace.wait.bind(pace);
    pace.wait = async (ms, signal) => {
      await wait(ms, signal);
      await back;
    };
    expect(await ask(masters)).toBe("cancelled");
  });
});

describe("Masters.report", () => {
  test("of calls that failed together moves once", async () => {
    const [a, b, c] = [await closedAddress(), await closedAddress(), await closedAddress()];
    const { masters } = open([a, b, c]);
    const first = masters.current();
    const lost = new SheafError("CLUSTER_UNREACHABLE", "Gone.");
    expect([masters.report(lost, first), masters.report(lost, first)]).toEqual(["retry", "retry"]);
    expect(masters.current().peer).toBe(`127.0.0.1:${b.port}`);
  });

  test("makes the next pause one that ends a round only when all were asked", async () => {
    const { masters, pace } = open([await closedAddress(), await closedAddress()]);
    const lost = new SheafError("CLUSTER_UNREACHABLE", "Gone.");
    masters.report(lost, masters.current());
    await masters.pause();
    expect(pace.waitsMs).toEqual([]);
    masters.report(lost, masters.current());
    await masters.pause();
    expect(pace.waitsMs).toEqual([200]);
  });

  test("knows a bounded number of leaders, and forgets the oldest that nobody named", async () => {
    const { masters } = open([await closedAddress()]);
    const named = masters.current();
    const hint = (port: number) =>
      notLeader({ member: memberId(1), address: `127.0.0.1:${port}`, term: term(1) });
    const asked: string[] = [];
    for (let port = 1; port <= 100; port++) {
      masters.report(hint(port), masters.current());
      asked.push(masters.current().peer);
    }
    expect(asked.at(-1)).toBe("127.0.0.1:100");
    // Within two rounds, all that are known were asked.
    const lost = new SheafError("CLUSTER_UNREACHABLE", "Gone.");
    const known = new Set<string>();
    for (let i = 0; i < 40; i++) {
      known.add(masters.current().peer);
      masters.report(lost, masters.current());
    }
    expect(known.size).toBe(MEMBERS_MAX + 1);
    expect(known).toContain(named.peer);
  });

  test("does not follow a hint to where it may not call", async () => {
    const follower = await ScriptedMaster.listen(follows("192.0.2.1:7077"));
    const { masters } = open([follower.address]);
    await expect(ask(masters)).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    expect(masters.current().peer).toBe(follower.text);
  });
});

describe("Masters", () => {
  test("takes as many addresses as a group has members, and one at least", () => {
    const addresses = Array.from({ length: MEMBERS_MAX + 1 }, (_, i) => ({
      host: "127.0.0.1",
      port: i + 1,
    }));
    for (const wrong of [[], addresses]) {
      expect(() => open(wrong)).toThrow(expect.objectContaining({ code: "USAGE" }));
    }
    expect(() => open(addresses.slice(1))).not.toThrow();
  });

  test("refuses an address off this machine without TLS before anything is called", () => {
    expect(() => open([{ host: "192.0.2.1", port: 7077 }])).toThrow(/without TLS/);
  });
});
