/**
 * How long pings take to be answered where machines have more to do than they can: workers with a slot
 * for each core, three of them on one machine, all of whose slots spin in the job's code and make
 * garbage.
 */

import { availableParallelism } from "node:os";
import path from "node:path";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { Marks } from "../cluster/marks.ts";
import { PingRelay } from "../cluster/ping-relay.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { median } from "../report/figures.ts";
import type { CheckFinding, Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION, jobFile } from "./cluster-section.ts";

const WORKERS = 3;
const SLOTS = availableParallelism();
const ANSWER_MS_MAX = 1000;
const SHARE = 0.99;

export const clusterPings: SuiteMaker = {
  id: "cluster-pings",
  make({ spinMs, data, tools }: Setting): Suite {
    const input = data.blocks(WORKERS * SLOTS);
    const job = jobFile(tools.sheaf, "spinning");
    const load = `${WORKERS} workers of ${SLOTS} slots that spin for ${spinMs / 1000} s`;
    return {
      title: "Pings under load",
      section: CLUSTER_SECTION,
      input: `${load}, and make garbage`,
      inputPaths: [input],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [
        {
          name: `answers to pings of ${load}, p99`,
          goal: `< ${ANSWER_MS_MAX} ms, nobody given up`,
          tool: tools.sheaf,
          run: (scratch) => answersUnderLoad(job, input, spinMs, scratch),
        },
      ],
    };
  },
};

async function answersUnderLoad(
  job: string,
  input: string,
  spinMs: number,
  scratch: string,
): Promise<CheckFinding> {
  await using cluster = await BenchCluster.start(scratch, { workers: 0 });
  const { processes } = cluster;
  await using relay = await PingRelay.start(processes.address);
  for (let worker = 0; worker < WORKERS; worker++) {
    await cluster.addWorker({ masters: relay.address, flags: ["--slots", String(SLOTS)] });
  }
  const marks = new Marks(path.join(scratch, "marks"));
  const params = ["--param", `marks=${marks.file}`, "--param", `spinMs=${spinMs}`];
  const begun = cluster.begin(job, input, ["--split-size", "1KB", "-R", "1", ...params]);
  await marks.until((all) => all.length === WORKERS * SLOTS);
  relay.answersMs.length = 0;
  const { retries } = await begun.ended;
  const sorted = [...relay.answersMs].sort((a, b) => a - b);
  const high = sorted[Math.ceil(SHARE * sorted.length) - 1]!;
  const isAlive = retries === 0 && !processes.master.stderr.includes("is given up");
  const figures = [median(sorted), sorted.at(-1)!].map((ms) => ms.toFixed(1));
  const pings = `median ${figures[0]} ms, ${figures[1]} ms at most, of ${sorted.length}`;
  const found = `${high.toFixed(1)} ms (${pings}; ${isAlive ? "nobody" : "a worker"} given up)`;
  return { found, met: isAlive && high < ANSWER_MS_MAX };
}
