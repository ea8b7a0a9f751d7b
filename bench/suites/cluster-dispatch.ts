/**
 * What a cluster costs where tasks cost nothing: tasks a second, three masters against one, the time
 * to the first task, and the memory of a master with many tasks.
 */

import path from "node:path";
import { bundleJob } from "../../src/bundle/bundle-job.ts";
import { packBundle } from "../../src/bundle/packed-bundle.ts";
import { Cluster } from "../../src/client/cluster.ts";
import { submitJob } from "../../src/client/submit-job.ts";
import { packParams } from "../../src/job/packed-params.ts";
import { parseAddress } from "../../src/rpc/security/address.ts";
import { BenchCluster, type ClusterRun } from "../cluster/bench-cluster.ts";
import { Marks } from "../cluster/marks.ts";
import { bytesInOrder } from "../measure/answers.ts";
import type { Sheaf } from "../peers/sheaf.ts";
import { countText, median, peakText, secondsText } from "../report/figures.ts";
import type { CheckFinding, Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION, jobFile } from "./cluster-section.ts";

const WORKERS = 8;
const TASKS_PER_S_MIN = 1000;
const THREE_MASTERS_MAX = 1.3;
const FIRST_TASK_MS_MAX = 150;
const SUBMISSIONS = 20;
const REDUCES_PER_MAP = 1 / 10;
const MASTER_BYTES_MAX = 300_000_000;
/** Every block a map task, and one reduce. */
const EMPTY = ["--split-size", "1KB", "-R", "1"];

/** What a client asks for that was given no flags. */
const USUAL_SPEC = {
  ...{ overwrite: false, environment: {}, partitions: undefined, splitBytes: undefined },
  ...{ memoryBytes: undefined, skipBadRecords: undefined, taskTimeoutMs: undefined },
  ...{ attemptsMax: undefined, priority: 0, slowStart: undefined },
};

export const clusterDispatch: SuiteMaker = {
  id: "cluster-dispatch",
  make({ emptyTasks, rounds, data, tools }: Setting): Suite {
    const input = data.blocks(emptyTasks);
    const { sheaf } = tools;
    const job = jobFile(sheaf, "empty");
    const count = countText(emptyTasks);
    const reduces = emptyTasks * REDUCES_PER_MAP;
    const many = ["--split-size", "1KB", "-R", String(reduces)];
    return {
      title: "Dispatch on a cluster",
      section: CLUSTER_SECTION,
      input: `${count} empty tasks, ${WORKERS} workers`,
      inputPaths: [input],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [
        {
          name: `dispatch of ${count} empty tasks to ${WORKERS} workers`,
          goal: `≥ ${countText(TASKS_PER_S_MIN)} tasks/s`,
          tool: sheaf,
          run: (scratch) => dispatch({ job, input, tasks: emptyTasks, rounds, scratch }),
        },
        {
          name: `three masters against one, ${count} empty tasks`,
          goal: `≤ ${THREE_MASTERS_MAX}`,
          tool: sheaf,
          run: (scratch) => threeMasters({ job, input, tasks: emptyTasks, rounds, scratch }),
        },
        {
          name: "submit to the first task running, warm cluster",
          goal: `≤ ${FIRST_TASK_MS_MAX} ms`,
          tool: sheaf,
          run: (scratch) => firstTask(sheaf, data.blocks(1), scratch),
        },
        {
          name: `memory of the master, ${count} maps and ${countText(reduces)} reduces`,
          goal: `< ${peakText(MASTER_BYTES_MAX)} MB`,
          tool: sheaf,
          run: async (scratch) => {
            await using cluster = await BenchCluster.start(scratch, { workers: WORKERS });
            const { wallS } = await cluster.run(job, input, many);
            const bytes = cluster.peakBytesOfMaster();
            const found = `${peakText(bytes)} MB at its peak, in ${secondsText(wallS)}`;
            return { found, met: bytes < MASTER_BYTES_MAX };
          },
        },
      ],
    };
  },
};

interface EmptyJob {
  readonly job: string;
  readonly input: string;
  readonly tasks: number;
  readonly rounds: number;
  readonly scratch: string;
}

async function dispatch({ job, input, tasks, rounds, scratch }: EmptyJob): Promise<CheckFinding> {
  await using cluster = await BenchCluster.start(scratch, { workers: WORKERS });
  const runs: ClusterRun[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await cluster.run(job, input, EMPTY));
  const rate = tasks / median(runs.map(({ stepsS }) => stepsS));
  const wall = secondsText(median(runs.map(({ wallS }) => wallS)));
  const found = `${countText(rate)} tasks/s (${wall} from start to exit of the client)`;
  return { found, met: rate >= TASKS_PER_S_MIN };
}

/** In turn, each cluster idle while the other one works. */
async function threeMasters({ job, input, rounds, scratch }: EmptyJob): Promise<CheckFinding> {
  await using one = await BenchCluster.start(scratch, { workers: WORKERS });
  await using three = await BenchCluster.start(scratch, { masters: 3, workers: WORKERS });
  const seconds: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await one.run(job, input, EMPTY);
    const among = await three.run(job, input, EMPTY);
    seconds.push([alone.stepsS, among.stepsS]);
  }
  const ratio = median(seconds.map(([alone, among]) => among / alone));
  const [alone, among] = [0, 1].map((place) => median(seconds.map((pair) => pair[place]!)));
  const found = `${ratio.toFixed(2)} (${secondsText(among!)} of ${secondsText(alone!)})`;
  return { found, met: ratio <= THREE_MASTERS_MAX };
}

/** Of a client that runs, whose job is bundled: from its call to the line that the task writes. */
async function firstTask(sheaf: Sheaf, input: string, scratch: string): Promise<CheckFinding> {
  const job = jobFile(sheaf, "marked");
  const bundle = packBundle(await bundleJob(job));
  await using cluster = await BenchCluster.start(scratch, { workers: 2 });
  const address = parseAddress("--masters", cluster.processes.address);
  const client = new Cluster({ addresses: [address], tls: undefined });
  const waits: number[] = [];
  try {
    // The first submission makes the cluster warm.
    for (let turn = 0; turn <= SUBMISSIONS; turn++) {
      const marks = new Marks(path.join(scratch, `marks-${turn}`));
      const output = path.join(scratch, `first-task-${turn}`);
      const params = packParams({ marks: marks.file, waitMs: "0" });
      const spec = { ...USUAL_SPEC, name: "marked", bundle: bundle.hash, inputs: [input], output };
      const prepared = { bundle, spec: { ...spec, params }, warnings: [] };
      const startMs = Date.now();
      await submitJob(client, prepared);
      await marks.until((all) => all.length > 0);
      if (turn > 0) waits.push(marks.read()[0]!.beganMs - startMs);
    }
  } finally {
    client.close();
  }
  const found = `${median(waits)} ms (${Math.max(...waits)} ms at most, of ${SUBMISSIONS})`;
  return { found, met: median(waits) <= FIRST_TASK_MS_MAX };
}
