/**
 * A master and eight workers in containers, 200 MB of generated text, and machines that die, stand
 * still and lose their network while jobs run, as a seed chooses: the output is that of a run on one
 * machine, byte for byte. Skipped where no Docker engine answers.
 *
 * `SHEAF_CLUSTER_BYTES` says how much text, `SHEAF_CLUSTER_SEED` which machines of the first job.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

  /** Lets machines fail in two waves, and tells what was done, and whether the job still ran. */
  async function breakMachines(run: Program, random: () => number): Promise<string[]> {
    const from = cluster.masterLines;
    const [killed, paused, cutOff, reducer] = shuffled(cluster.workers, random);
    const told: string[] = [];
    const fail = async (what: string, worker: string, begun: Promise<Mend>) => {
      const mend = await begun;
      told.push(`${run.hasEnded ? "too late: " : ""}${what} ${worker}`);
      await mend();
      await cluster.isBack(worker, from);
    };
    // Whoever holds completed maps is worth most to those who reduce.
    const failLater = async () => {
      const isMapped = await run.says(hasMapped((tasks) => tasks));
      if (isMapped && !run.hasEnded) {
        await fail("killed when all was mapped", reducer!, cluster.kill(reducer!));
      }
    };
    if (!(await run.says(hasMapped(() => 1)))) throw new Error(run.lines.slice(-20).join("\n"));
    await Promise.all([
      fail("killed", killed!, cluster.kill(killed!)),
      fail("paused", paused!, cluster.pause(paused!)),
      fail("cut off", cutOff!, cluster.disconnect(cutOff!)),
      failLater(),
    ]);
    return told;
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
      await using run = cluster.begin(...words);
      const told = await breakMachines(run, random);
      await run.succeeds();
      console.log(`${job}: ${told.join(", ")}`);
      expect(told.filter((what) => /^(killed|paused|cut off) \w+$/.test(what)).length).toBe(3);
      expect(partsOf(output)).toEqual(alone);
    },
  );
});
