import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Fault, NO_WAITS, ScriptedCluster } from "../../test/support/scripted-cluster.ts";
import { attemptNumber, type JobId, taskIndex, workerName } from "../base/ids.ts";
import type { LogPiece } from "../rpc/wire/job-calls.ts";
import type { Cluster } from "./cluster.ts";
import { readLogs } from "./read-logs.ts";

let masters: ScriptedCluster;
let client: Cluster;
beforeAll(async () => {
  masters = await ScriptedCluster.start({ masters: 2 });
  client = masters.connect();
});
afterAll(async () => {
  client.close();
  await masters.close();
});
afterEach(() => {
  masters.nextFault = () => undefined;
  masters.lead(0);
});

function piece(job: JobId, task: number, attempt: number, text: string): LogPiece {
  const phase = "map" as const;
  const ref = { job, phase, task: taskIndex(task), attempt: attemptNumber(attempt) };
  return { attempt: ref, worker: workerName("w1"), text };
}

/** What each attempt wrote, put together of what was told. */
async function textsOf(job: JobId, follow = false): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  const request = { job, phase: undefined, task: undefined, follow };
  for await (const { attempt, text } of readLogs(client, request, { pace: NO_WAITS })) {
    const key = `${attempt.task}.${attempt.attempt}`;
    texts[key] = (texts[key] ?? "") + text;
  }
  return texts;
}

let jobs = 0;

describe("readLogs", () => {
  test("tells each piece once, whatever the breaks of the streams", async () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 5 }), {
      minLength: 1,
      maxLength: 3,
    });
    const fault = fc.constantFrom<Fault | undefined>(undefined, undefined, "cut", "fail", "depose");
    await fc.assert(
      fc.asyncProperty(
        fc.array(texts, { maxLength: 5 }),
        fc.array(fault, { maxLength: 20 }),
        async (attempts, faults) => {
          const job = masters.add(`logs-${++jobs}`);
          attempts.forEach((pieces, task) => {
            for (const text of pieces) job.log(piece(job.id, task, 0, text));
          });
          masters.nextFault = () => faults.shift();
          const expected = attempts.map((pieces, task) => [`${task}.0`, pieces.join("")]);
          expect(await textsOf(job.id)).toEqual(Object.fromEntries(expected));
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);

  test("goes on as attempts end, until the job does", async () => {
    const job = masters.add("followed");
    job.log(piece(job.id, 0, 0, "one\n"));
    const request = { job: job.id, phase: undefined, task: undefined, follow: true };
    const seen: string[] = [];
    for await (const { text } of readLogs(client, request)) {
      seen.push(text);
      if (text === "one\n") job.log(piece(job.id, 0, 1, "two\n"));
      else job.fail("CANCELLED", "Enough.");
    }
    expect(seen).toEqual(["one\n", "two\n"]);
  });
});
