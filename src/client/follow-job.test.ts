/**
 * Whatever the breaks of the streams: each event once, in order. Over real servers on loopback.
 */

import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  attemptFailed,
  jobResult,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../../test/support/fake-process.ts";
import { type Fault, NO_WAITS, ScriptedCluster } from "../../test/support/scripted-cluster.ts";
import { jobId } from "../base/ids.ts";
import type { JobEvent } from "../job/report.ts";
import type { Cluster } from "./cluster.ts";
import { followJob } from "./follow-job.ts";
import type { FollowOptions, LeaderChange } from "./resumed-stream.ts";

let masters: ScriptedCluster;
let client: Cluster;
beforeAll(async () => {
  masters = await ScriptedCluster.start({ masters: 3 });
});
afterAll(() => masters.close());

function connect(): Cluster {
  client = masters.connect();
  return client;
}
afterEach(() => {
  client.close();
  masters.nextFault = () => undefined;
  masters.lead(0);
});

let jobs = 0;

/** Follows a new job: so many of its events lie in the past, the others come one by one. */
async function follow(
  events: readonly JobEvent[],
  { past = events.length, ...options }: FollowOptions & { readonly past?: number } = {},
) {
  const job = masters.add(`job-${++jobs}`);
  const left = [...events];
  for (const event of left.splice(0, past)) job.tell(event);
  const seen: JobEvent[] = [];
  for await (const { event } of followJob(connect(), job.id, { pace: NO_WAITS, ...options })) {
    seen.push(event);
    for (const next of left.splice(0, 1)) job.tell(next);
  }
  return seen;
}

/** One that differs from those at other places. */
function eventOf(kind: string, place: number): JobEvent {
  switch (kind) {
    case "warning":
      return { type: "warning", message: `number ${place}` };
    case "attempt-failed":
      return attemptFailed(place, "Error: no");
    default:
      return { ...progress(mapPhase(place), reducePhase(0)), elapsedMs: place } as JobEvent;
  }
}

const END: JobEvent = { type: "job-ended", ok: true, result: jobResult() };

describe("followJob", () => {
  test("tells what has happened and what happens, to the end", async () => {
    const job = masters.add("live");
    job.tell(jobStarted());
    const seen: string[] = [];
    for await (const { event } of followJob(connect(), job.id)) {
      seen.push(event.type);
      if (event.type === "job-started") job.tell(stepStarted());
      if (event.type === "step-started") job.tell(END);
    }
    expect(seen).toEqual(["job-started", "step-started", "job-ended"]);
  });

  test("tells each event exactly once and in order, whatever becomes of streams and leaders", async () => {
    const kind = fc.constantFrom("warning", "attempt-failed", "progress", "progress");
    const fault = fc.constantFrom<Fault | undefined>(
      ...([undefined, undefined, "cut", "end", "fail", "depose", "repeat"] as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(kind, { maxLength: 12 }),
        fc.nat({ max: 12 }),
        fc.array(fault, { maxLength: 20 }),
        async (kinds, past, faults) => {
          masters.nextFault = () => faults.shift();
          const events = [...kinds.map(eventOf), END];
          const seen = await follow(events, { past: past + 1 });
          const kept = ({ type }: JobEvent) => type !== "progress";
          expect(seen.filter(kept)).toEqual(events.filter(kept));
          // Of progress, masters keep the latest: some is missed, none is told twice or goes back.
          const places = seen.flatMap((it) => (it.type === "progress" ? [it.elapsedMs] : []));
          expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
          client.close();
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  test("says which leader was lost, why, and which is followed", async () => {
    masters.nextFault = once("depose");
    const changes: LeaderChange[] = [];
    await follow([jobStarted(), END], { onChange: (change) => changes.push(change) });
    expect(changes).toEqual([
      {
        lost: masters.address(0),
        reason: `it does not lead, and says that ${masters.address(1)} does`,
        following: masters.address(1),
      },
    ]);
  });

  test("goes on when the leader dies and another is elected after a while", async () => {
    const job = masters.add("survivor");
    job.tell(jobStarted());
    const changes: string[] = [];
    const seen: string[] = [];
    const onChange = ({ following }: LeaderChange) => changes.push(following);
    for await (const { event } of followJob(connect(), job.id, { onChange, pace: NO_WAITS })) {
      seen.push(event.type);
      if (event.type !== "job-started") continue;
      await masters.kill(0);
      let calls = 0;
      masters.onCall = () => {
        if (++calls === 7) masters.lead(2);
      };
      job.tell(END);
    }
    expect(seen).toEqual(["job-started", "job-ended"]);
    expect(changes).toEqual([masters.address(2)]);
    masters.onCall = () => {};
    await masters.revive(0);
  });

  test("misses nothing where a new leader counts its reports of progress anew", async () => {
    const job = masters.add("recounted");
    job.tell(jobStarted());
    for (let mb = 0; mb < 50; mb++) job.tell(progress(mapPhase(mb), reducePhase(0)));
    const seen: string[] = [];
    for await (const { event } of followJob(connect(), job.id, { pace: NO_WAITS })) {
      seen.push(event.type);
      if (event.type !== "progress" || job.events.length < 50) continue;
      // The log holds what is to last; what the old leader had beside it is gone.
      job.events.splice(1);
      masters.lead(1);
      job.tell({ type: "warning", message: "This is number 2 now." });
      job.tell(END);
    }
    expect(seen).toEqual(["job-started", "progress", "warning", "job-ended"]);
  });

  test("gives up a stream that breaks again and again before it brings anything", async () => {
    masters.nextFault = () => "fail";
    const before = masters.calls.length;
    await expect(follow([jobStarted(), END])).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
    });
    expect(masters.calls.slice(before).filter((name) => name === "watchJob")).toHaveLength(10);
  });

  test("ends with the signal's reason between streams that break", async () => {
    masters.nextFault = () => "fail";
    const controller = new AbortController();
    const wait = async () => {
      controller.abort(new Error("enough"));
      throw new DOMException("The wait was aborted.", "AbortError");
    };
    const options = { signal: controller.signal, pace: { random: () => 0.5, wait } };
    await expect(follow([jobStarted(), END], options)).rejects.toThrow("enough");
  });

  test("throws that there is no such job", async () => {
    const events = followJob(connect(), jobId("nobody"));
    await expect(events.next()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("ends with the signal's reason while it waits for an event", async () => {
    const job = masters.add("idle");
    const controller = new AbortController();
    masters.onCall = (name) => {
      if (name === "watchJob") controller.abort(new Error("enough"));
    };
    const events = followJob(connect(), job.id, { signal: controller.signal });
    await expect(events.next()).rejects.toThrow("enough");
    masters.onCall = () => {};
  });
});

function once(fault: Fault): () => Fault | undefined {
  const faults = [fault];
  return () => faults.pop();
}
