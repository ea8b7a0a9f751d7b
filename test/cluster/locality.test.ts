/**
 * Maps of a real cluster go where their input is, as the job says it: to the worker that goes by that
 * host as long as it has a slot soon, and then to any.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { jobFile } from "../integration/support/run-folder.ts";
import { ClusterFolder } from "./support/cluster-folder.ts";
import { ClusterProcesses } from "./support/cluster-processes.ts";

/** Three splits of 4 KB. */
const TEXT = "fifteen letters\n".repeat(768);
const SPLITS = 3;

/** The input is near h1 (a.txt) and h2 (b.txt); each map says where it begins, and on h1 it waits. */
function locatedJob(marks: string, gate: string): string {
  return jobFile({
    before: `const cell = new Int32Array(new SharedArrayBuffer(4));
const host = process.env.LC_HOST ?? "none";
let last = "";
function begin(path, { task, attempt }) {
  const mark = [host, path, task, attempt].join(" ");
  if (mark === last) return;
  last = mark;
  appendFileSync(${JSON.stringify(marks)}, mark + "\\n");
  while (host === "h1" && !existsSync(${JSON.stringify(gate)})) Atomics.wait(cell, 0, 0, 5);
}`,
    definition: `  input: located(text(), ({ path }) => [path.endsWith("a.txt") ? "h1" : "h2"]),
  intermediate: { key: string(), value: int() },
  map({ path }, line, emit, context) {
    begin(path, context.attempt);
    emit(line, 1);
  },
  reduce: sum,`,
  });
}

test("maps run near their input first, and elsewhere while the worker there is busy", async () => {
  using folder = new ClusterFolder({ "in/a.txt": TEXT, "in/b.txt": TEXT });
  const [marks, gate] = [folder.at("marks"), folder.at("gate")];
  folder.write("located.ts", locatedJob(marks, gate));
  await using cluster = await ClusterProcesses.start(folder, 0);
  for (const host of ["h1", "h2"]) {
    await cluster.addWorker({ flags: ["--host", host], environment: { LC_HOST: host } });
  }
  const begun = cluster.begin("located.ts", "--quiet");
  const onHost = (host: string): string[] => {
    const lines = existsSync(marks) ? readFileSync(marks, "utf8").split("\n") : [];
    // Not the backup that the one which waits on h1 may get.
    const first = lines.filter((line) => line.startsWith(host) && line.endsWith(" 0"));
    return first.map((line) => line.split(" ")[1]!);
  };
  const elsewhere = 2 * SPLITS - 1;
  await expect
    .poll(() => onHost("h2").length, { timeout: 30_000, interval: 20 })
    .toBeGreaterThanOrEqual(elsewhere);
  expect(onHost("h1")).toEqual(["a.txt"]);
  const own = Array(SPLITS).fill("b.txt");
  expect(onHost("h2").slice(0, elsewhere)).toEqual([...own, ...Array(SPLITS - 1).fill("a.txt")]);
  writeFileSync(gate, "");
  const { parts } = await cluster.output(begun);
  expect(parts).toEqual(await folder.expected("located.ts"));
});

test("a function that does not know its own input fails the job with its line", async () => {
  using folder = new ClusterFolder();
  folder.write(
    "lost.ts",
    jobFile({
      before: "const TABLE = {};",
      definition: `  input: located(text(), ({ path }) => [TABLE[path].host]),
  intermediate: { key: string(), value: int() },
  map: (_position, line, emit) => emit(line, 1),
  reduce: sum,`,
    }),
  );
  await using cluster = await ClusterProcesses.start(folder, 1);
  const { command, output } = cluster.begin("lost.ts", "--quiet");
  const { code, stderr } = await command.ended();
  expect(code).toBe(1);
  expect(stderr).toContain('The job\'s "located" function threw.');
  expect(stderr).toMatch(/lost\.ts:\d+/);
  expect(cluster.left(output)).toEqual([]);
});
