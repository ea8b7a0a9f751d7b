/**
 * Code of a user's that loops, exits or fills the heap on a cluster: the job fails with the record to
 * blame, or goes on without it, and no worker is the worse for it.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ENDS_THREAD_AT_HEAP_LIMIT, FILL_HEAP } from "../integration/support/node-version.ts";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";

let folder: ClusterFolder;
let cluster: ClusterProcesses;
beforeAll(async () => {
  folder = new ClusterFolder({ "in/c.txt": "a line\nthe poisoned line\nanother line\n" });
  cluster = await ClusterProcesses.start(folder, 0);
  // So many slots have a small heap each.
  for (let i = 0; i < 2; i++) await cluster.addWorker({ flags: ["--slots", "1024"] });
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const FLAGS = ["--split-size", "1MB"];

/** A job that does so at one line. */
function poisoned(name: string, does: string): string {
  folder.write(
    name,
    jobFile({
      definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    if (line.includes("poisoned")) { ${does} }
    emit(line, 1);
  },
  reduce: sum,`,
    }),
  );
  return name;
}

const KINDS = [
  ["loops for ever", "for (;;);", "No progress for 1 s", "1s"],
  ["exits", "process.exit(7);", "process.exit(7)", "1m"],
  // To fill a heap takes a while, on a loaded machine.
  ["fills the heap", FILL_HEAP, "ran out of memory", "1m"],
] as const;

describe.each(KINDS)("code that %s", (name, does, words, timeout) => {
  const flags = [...FLAGS, "--task-timeout", timeout];
  const job = () => poisoned(`${name.replaceAll(" ", "-")}.ts`, does);
  const isPossible = does !== FILL_HEAP || ENDS_THREAD_AT_HEAP_LIMIT;

  test.skipIf(!isPossible)("fails its job, and names the record", async () => {
    const begun = cluster.begin(job(), ...flags, "--max-attempts", "2");
    const { code, stderr } = await begun.command.ended();
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(stderr).toContain("failed 2 times");
    expect(stderr).toContain("the poisoned line");
    expect(cluster.left(begun.output)).toEqual([]);
  });

  test.skipIf(!isPossible)("is passed over, if the job may skip records", async () => {
    const begun = cluster.begin(job(), "--quiet", ...flags, "--skip-bad-records", "1");
    const { parts } = await cluster.output(begun);
    folder.write("sound.ts", folder.read(job()).replace(does, "return;"));
    expect(parts).toEqual(await folder.expected("sound.ts"));
    const [bad] = readdirSync(join(begun.output, "_bad"));
    const kept = readFileSync(join(begun.output, "_bad", bad!), "utf8");
    expect(
      kept
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ file: folder.at("in/c.txt"), offset: 7 }]);
  });
});

test("no worker was lost by any of it", () => {
  expect(cluster.master.stderr).not.toMatch(/given up|leaves/);
  for (const { process } of cluster.workers) expect(process.exitCode).toBe(null);
});
