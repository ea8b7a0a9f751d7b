/**
 * Leaders killed in mid-job: how long nothing is assigned, and what is done again. A job runs on three
 * masters, its leader is killed with SIGKILL, and comes back before the next job.
 */

import path from "node:path";
import { kill } from "../../test/cluster/support/cluster-processes.ts";
import { BenchCluster } from "../cluster/bench-cluster.ts";
import { Marks } from "../cluster/marks.ts";
import { bytesInOrder } from "../measure/answers.ts";
import { median } from "../report/figures.ts";
import type { Check, CheckFinding, Setting, Suite, SuiteMaker } from "../suite.ts";
import { CLUSTER_SECTION, jobFile } from "./cluster-section.ts";

const WORKERS = 4;
const TASKS = 200;
const TASK_MS = 40;
/** What the dead leader has assigned has begun by then, and no other one can be elected yet. */
const STRAGGLERS_MS = 100;
const SILENCE_MS_MAX = 2000;
const SHARE = 0.99;
/** Then the job is well under way, and far from its end. */
const KILL_AT_TASK = 40;

export const clusterFailover: SuiteMaker = {
  id: "cluster-failover",
  make({ leaderDeaths, data, tools }: Setting): Suite {
    const input = data.blocks(TASKS);
    const job = jobFile(tools.sheaf, "marked");
    // Two rows of one measurement: whoever is asked first makes it.
    let measured: Promise<Failovers> | undefined;
    const check = (
      name: string,
      goal: string,
      judge: (failovers: Failovers) => CheckFinding,
    ): Check => ({
      ...{ name, goal, tool: tools.sheaf },
      run: async (scratch) => {
        measured ??= killLeaders(job, input, leaderDeaths, scratch);
        return judge(await measured);
      },
    });
    return {
      title: "Leaders killed",
      section: CLUSTER_SECTION,
      input: `${leaderDeaths} jobs of ${TASKS} tasks of ${TASK_MS} ms, 3 masters, ${WORKERS} workers`,
      inputPaths: [input],
      contenders: [],
      answer: bytesInOrder,
      goals: [],
      checks: [
        check(
          `leader killed: until a task is assigned again, p99 of ${leaderDeaths}`,
          `≤ ${SILENCE_MS_MAX} ms`,
          ({ silencesMs }) => {
            const sorted = [...silencesMs].sort((a, b) => a - b);
            const high = sorted[Math.ceil(SHARE * sorted.length) - 1]!;
            const found = `${high} ms (median ${median(sorted)} ms)`;
            return { found, met: high <= SILENCE_MS_MAX };
          },
        ),
        check("tasks run again because of a leader's death", "0", ({ again }) => ({
          found: String(again),
          met: again === 0,
        })),
      ],
    };
  },
};

interface Failovers {
  /** From each kill to the start of the first task after it. */
  readonly silencesMs: readonly number[];
  /** Attempts beyond the first of their tasks. */
  readonly again: number;
}

async function killLeaders(
  job: string,
  input: string,
  deaths: number,
  scratch: string,
): Promise<Failovers> {
  await using cluster = await BenchCluster.start(scratch, { masters: 3, workers: WORKERS });
  const { processes } = cluster;
  const silencesMs: number[] = [];
  let again = 0;
  for (let death = 0; death < deaths; death++) {
    const marks = new Marks(path.join(scratch, `marks-${death}`));
    const params = ["--param", `marks=${marks.file}`, "--param", `waitMs=${TASK_MS}`];
    const begun = cluster.begin(job, input, ["--split-size", "1KB", "-R", "1", ...params]);
    await marks.until((all) => all.length >= KILL_AT_TASK);
    const leader = await processes.leader();
    const killedMs = Date.now();
    await kill(leader.command);
    await begun.ended;
    const all = marks.read();
    const next = all.find(({ beganMs }) => beganMs > killedMs + STRAGGLERS_MS);
    if (next === undefined) throw new Error("The job was over before its leader was killed.");
    silencesMs.push(next.beganMs - killedMs);
    again += all.length - TASKS;
    await processes.restart(leader);
  }
  return { silencesMs, again };
}
