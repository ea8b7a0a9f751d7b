/**
 * Three masters and eight workers in containers, 200 MB of generated text, and machines that die, stand
 * still and lose their network while jobs run, workers as a seed chooses and each of the masters in
 * turn: the output is that of a run on one machine, byte for byte. Skipped where no Docker engine
 * answers.
 *
 * `SHEAF_CLUSTER_BYTES` says how much text, `SHEAF_CLUSTER_SEED` which machines of the first job.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { DataFolder } from "../../bench/data/data-folder.ts";
import { seededRandom } from "../../src/raft/seeded-random.ts";
import { sheaf } from "../integration/support/command.ts";
import { ComposeCluster, type Mend } from "./support/compose-cluster.ts";
import { findEngine } from "./support/engine.ts";
import type { Program } from "./support/program.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEXT_BYTES = Number(process.env.SHEAF_CLUSTER_BYTES ?? 200_000_000);
const SEED = Number(process.env.SHEAF_CLUSTER_SEED ?? 1);
const WORKERS = 8;
/** A member holds an election after two seconds without a leader at the latest. */
const CUT_OFF_MS = 3000;
/** So small that every worker has several maps. */
const FLAGS = ["-R", "8", "--split-size", "4MB"];

interface PhaseLine {
  readonly type: string;
  readonly map: { readonly tasks: number; readonly completed: number };
}

/** Whether a line of a job's events says that as many maps are completed. */
function hasMapped(share: (tasks: number) => number): (line: string) => boolean {
  return (line) => {
    if (!line.startsWith('{"type":"progress"')) return false;
    const { map } = JSON.parse(line) as PhaseLine;
    return map.tasks > 0 && map.completed >= share(map.tasks);
  };
}

/** The parts of an output, each by the hash of its bytes. */
function partsOf(output: string): readonly (readonly [string, string])[] {
  const names = readdirSync(output).filter((name) => name.startsWith("part-"));
  return names.sort().map((name) => {
    const bytes = readFileSync(join(output, name));
    return [`${name}, ${bytes.length} bytes`, createHash("sha256").update(bytes).digest("hex")];
  });
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]!);
}

/** What was done to a machine, and whether the job still ran. */
function whatWasDone(run: Program, what: string, role: string): string {
  return `${run.hasEnded ? "too late: " : ""}${what} ${role}`;
}

const engine = findEngine();

describe.runIf(engine.runs)("a cluster of containers", () => {
  let cluster: ComposeCluster;
  let texts = "";
  beforeAll(async () => {
    if (!engine.runs) return;
    cluster = await ComposeCluster.start(engine, WORKERS);
    texts = new DataFolder(cluster.data, () => {}).manyFiles(TEXT_BYTES);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  const inContainer = (path: string) => path.replace(cluster.data, "/data");

  async function runAlone(job: string): Promise<readonly (readonly [string, string])[]> {
    const output = join(cluster.data, `alone-${job}`);
    const words = [join(ROOT, "examples", job), texts, "-o", output, ...FLAGS, "--quiet"];
    const { code, stderr } = await sheaf(cluster.data, "run", ...words);
    expect(code, stderr).toBe(0);
    return partsOf(output);
  }

  /** Lets workers fail in two waves, and tells what was done. */
  async function breakWorkers(run: Program, random: () => number, told: string[]): Promise<void> {
    const [killed, paused, cutOff, reducer] = shuffled(cluster.workers, random);
    const fail = async (what: string, worker: string, begun: Promise<Mend>, isNoticed = true) => {
      const from = cluster.said.length;
      const mend = await begun;
      told.push(whatWasDone(run, what, "worker"));
      if (isNoticed) await cluster.isGivenUp(worker, from);
      const mended = cluster.said.length;
      await mend();
      await cluster.isBack(worker, mended);
    };
    // Whoever holds completed maps is worth most to those who reduce.
    const failLater = async () => {
      const isMapped = await run.says(hasMapped((tasks) => tasks));
      if (!isMapped || run.hasEnded) return;
      await fail("killed, when all was mapped, a", reducer!, cluster.kill(reducer!), false);
    };
    await Promise.all([
      fail("killed a", killed!, cluster.kill(killed!), false),
      fail("paused a", paused!, cluster.pause(paused!)),
      fail("cut off a", cutOff!, cluster.disconnect(cutOff!)),
      failLater(),
    ]);
  }

  /** Lets the masters fail one after the other, so that there is always a majority. */
  async function breakMasters(run: Program, told: string[]): Promise<void> {
    const fail = async (what: string, master: string, begun: Promise<Mend>) => {
      const { term, master: leader } = cluster.leading;
      const mend = await begun;
      const role = master === leader ? "leader" : "follower";
      told.push(whatWasDone(run, what, role));
      await (master === leader ? cluster.elects(term) : wait(CUT_OFF_MS));
      const mended = cluster.said.length;
      await mend();
      await cluster.isMember(master, mended);
    };
    const first = cluster.leading.master;
    await fail("killed the", first, cluster.kill(first));
    const second = cluster.leading.master;
    await fail("paused the", second, cluster.pause(second));
    const third = cluster.masters.find((master) => master !== first && master !== second)!;
    await fail("cut off the", third, cluster.disconnect(third));
  }

  const jobs = ["word-count.ts", "inverted-index.ts", "sort.ts"];
  test.each(jobs.map((job, index) => [job, SEED + index] as const))(
    "%s, seed %d, is what it is on one machine, whatever dies",
    async (job, seed) => {
      const random = seededRandom(seed);
      const alone = await runAlone(job);
      expect(alone.length).toBe(8);
      const output = join(cluster.data, `cluster-${job}`);
      const words = [`examples/${job}`, inContainer(texts), "-o", inContainer(output), ...FLAGS];
      const told: string[] = [];
      onTestFailed(() => {
        const said = cluster.said.map(({ master, text }) => `${master}: ${text}`);
        console.log([...told, ...said.slice(-100)].join("\n"));
      });
      await using run = cluster.begin(...words);
      if (!(await run.says(hasMapped(() => 1)))) throw new Error(run.lines.slice(-20).join("\n"));
      await Promise.all([breakWorkers(run, random, told), breakMasters(run, told)]);
      await run.succeeds();
      console.log(`${job}: ${told.join(", ")}`);
      const inTime = told.filter((what) => !what.startsWith("too late"));
      expect(inTime).toEqual(expect.arrayContaining(["killed a worker", "paused a worker"]));
      expect(inTime).toEqual(expect.arrayContaining(["cut off a worker", "killed the leader"]));
      expect(inTime.filter((what) => /^(paused|cut off) the/.test(what)).length).toBe(2);
      expect(partsOf(output)).toEqual(alone);
    },
  );

  test("masters that are made anew on their volumes know what was before", async () => {
    // What ran and how it ended is in the log of the masters alone.
    const before = await cluster.ask("jobs");
    expect(before.length).toBe(jobs.length);
    await cluster.renewMasters();
    expect(await cluster.ask("jobs")).toEqual(before);
    const [status] = await cluster.ask("cluster");
    expect(JSON.parse(status!)).toMatchObject({ members: [{}, {}, {}] });
  });
});
