import { describe, expect, test } from "vitest";
import { HandClock, turn } from "../../../test/support/hand-clock.ts";
import { SheafError } from "../../base/error.ts";
import { attemptNumber, incarnation, jobId, taskIndex, workerName } from "../../base/ids.ts";
import type { FetchFault } from "../../rpc/wire/from-worker.ts";
import type { RunRegion } from "../../shuffle/merge-runs.ts";
import { type FetchLimits, FetchQueue } from "./fetch-queue.ts";
import { RegionFile } from "./region-file.ts";
import { type FetchRegion, regionFault, type WantedRegion } from "./wanted-region.ts";

function wanted(from: string, task: number): WantedRegion {
  return {
    source: { worker: workerName(from), incarnation: incarnation(from), address: "127.0.0.1:1" },
    producer: {
      ...{ job: jobId("j"), phase: "map", task: taskIndex(task) },
      attempt: attemptNumber(0),
    },
    partition: 0,
    region: { lengthBytes: 10, records: 1, blockBytesMax: 10 },
  };
}

/** A fetch that goes on until the test ends it. */
interface Going {
  readonly name: string;
  readonly into: RegionFile;
  readonly signal: AbortSignal;
  readonly arrive: () => Promise<void>;
  readonly fail: (fault: FetchFault, cause?: SheafError) => Promise<void>;
}

class Network {
  readonly clock = new HandClock();
  readonly going: Going[] = [];
  readonly queue: FetchQueue;

  constructor(limits: Partial<FetchLimits> = {}) {
    const fetch: FetchRegion = (what, into, signal) =>
      new Promise<RunRegion>((resolve, reject) => {
        const end = async (settle: () => void) => {
          this.going.splice(this.going.indexOf(going), 1);
          settle();
          await turn();
        };
        const going: Going = {
          name: `${what.source.worker}-${what.producer.task}`,
          into,
          signal,
          arrive: () => end(() => resolve({ path: into.path, offset: 0, ...what.region })),
          fail: (fault, cause) =>
            end(() => {
              const error = regionFault(what, fault, "it is so");
              reject(new SheafError(error.code, error.message, { data: error.data, cause: cause }));
            }),
        };
        this.going.push(going);
      });
    this.queue = new FetchQueue(fetch, this.clock, limits);
  }

  get names(): string[] {
    return this.going.map(({ name }) => name);
  }

  requester(name: string) {
    return this.queue.requester(new RegionFile(name));
  }
}

const never = () => new AbortController().signal;
const BUSY = new SheafError("LIMIT_REACHED", "Try again.");

describe("a queue of fetches", () => {
  test("has so many under way in all, and so many from one worker", async () => {
    const network = new Network({ streamsMax: 5, streamsPerSourceMax: 2 });
    const requester = network.requester("a");
    for (const from of ["w1", "w2", "w3", "w4"]) {
      for (const task of [0, 1, 2]) void requester.fetch(wanted(from, task), never());
    }
    expect(network.names.sort()).toEqual(["w1-0", "w1-1", "w2-0", "w2-1", "w3-0"]);
    await network.going[0]!.arrive();
    expect(network.going).toHaveLength(5);
    expect(network.names.filter((name) => name.startsWith("w1"))).toHaveLength(2);
  });

  test("gives attempts their turn, however much one of them wants", async () => {
    const network = new Network({ streamsMax: 2 });
    const [large, small] = [network.requester("large"), network.requester("small")];
    for (let task = 0; task < 100; task++) void large.fetch(wanted(`w${task}`, task), never());
    for (let task = 0; task < 3; task++) void small.fetch(wanted(`w${task}`, task), never());
    const order: string[] = [];
    for (let i = 0; i < 8; i++) {
      order.push(network.going[0]!.into.path);
      await network.going[0]!.arrive();
    }
    expect(order.filter((path) => path === "small")).toHaveLength(3);
  });

  test("resolves to the region, and rejects with why not", async () => {
    const network = new Network();
    const requester = network.requester("a");
    const good = requester.fetch(wanted("w1", 0), never());
    const bad = requester.fetch(wanted("w1", 1), never());
    await network.going[0]!.arrive();
    await expect(good).resolves.toMatchObject({ path: "a", lengthBytes: 10 });
    const refusal = expect(bad).rejects.toMatchObject({ data: { fault: "gone" } });
    await network.going[0]!.fail("gone");
    await refusal;
  });

  test("asks a busy worker again after ever longer rests, and gives up in the end", async () => {
    const network = new Network({ busyTriesMax: 3, restMsMin: 100, restMsMax: 300 });
    const outcome = network.requester("a").fetch(wanted("w1", 0), never());
    const refusal = expect(outcome).rejects.toMatchObject({ data: { fault: "refused" } });
    const rests: number[] = [];
    for (let tries = 0; tries < 3; tries++) {
      await network.going[0]!.fail("refused", BUSY);
      expect(network.going).toEqual([]);
      const restMs = network.clock.nextInMs!;
      rests.push(Math.round(restMs / 10) * 10);
      await network.clock.pass(restMs);
    }
    expect(rests).toEqual([100, 200, 300]);
    await network.going[0]!.fail("refused", BUSY);
    await refusal;
  });

  test("lets a worker rest that cannot be reached, and asks others meanwhile", async () => {
    const network = new Network({ streamsPerSourceMax: 1, restMsMin: 1000 });
    const requester = network.requester("a");
    const failing = requester.fetch(wanted("w1", 0), never());
    const refusal = expect(failing).rejects.toMatchObject({ data: { fault: "unreachable" } });
    for (const task of [1, 2]) void requester.fetch(wanted("w1", task), never());
    for (const task of [3, 4]) void requester.fetch(wanted("w2", task), never());
    expect(network.names).toEqual(["w1-0", "w2-3"]);
    await network.going[0]!.fail("unreachable");
    await refusal;
    expect(network.names).toEqual(["w2-3"]);
    await network.going[0]!.arrive();
    expect(network.names).toEqual(["w2-4"]);
    await network.clock.pass(1001);
    expect(network.names).toEqual(["w2-4", "w1-1"]);
    // It answers again, so it need not rest.
    await network.going[1]!.arrive();
    expect(network.names).toEqual(["w2-4", "w1-2"]);
  });

  test("forgets what was called off, before it begins and after", async () => {
    const network = new Network({ streamsMax: 1 });
    const requester = network.requester("a");
    const [one, two] = [new AbortController(), new AbortController()];
    const underWay = requester.fetch(wanted("w1", 0), one.signal);
    const waiting = requester.fetch(wanted("w1", 1), two.signal);
    void requester.fetch(wanted("w1", 2), never());
    const reason = new Error("called off");
    const both = Promise.all([
      expect(underWay).rejects.toBe(reason),
      expect(waiting).rejects.toBe(reason),
    ]);
    two.abort(reason);
    one.abort(reason);
    await both;
    expect(network.going[0]!.signal.aborted).toBe(true);
    await network.going[0]!.fail("unreachable");
    expect(network.names).toEqual(["w1-2"]);
  });
});
