/**
 * Jobs that wait at a place of a test's choice, and the marks by which it sees which attempts ran.
 */

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobFile } from "../../integration/support/run-folder.ts";

export type GatedPhase = "map" | "reduce";

/** The folder of a test, as far as gates and marks are concerned. */
export interface GateFolder {
  readonly path: string;
  at(name: string): string;
}

/**
 * Counts words. Each attempt leaves a mark, `PHASE-TASK-ATTEMPT-PID`, in the folder "marks"; those of
 * one phase, from a task on, wait at their first record until the file "gate" is there.
 */
export function gatedJob(folder: string, where: GatedPhase, fromTask = 0): string {
  return jobFile({
    before: `import { writeFileSync } from "node:fs";
const cell = new Int32Array(new SharedArrayBuffer(4));
function pass({ attempt }) {
  const mark = \`\${attempt.phase}-\${attempt.task}-\${attempt.attempt}-\${process.pid}\`;
  writeFileSync(${JSON.stringify(join(folder, "marks"))} + "/" + mark, "");
  if (attempt.phase !== "${where}" || attempt.task < ${fromTask}) return;
  while (!existsSync(${JSON.stringify(join(folder, "gate"))})) Atomics.wait(cell, 0, 0, 5);
}`,
    definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, context) {
    pass(context);
    for (const word of line.match(/\\p{L}+/gu) ?? []) emit(word, 1);
  },
  reduce(word, counts, emit, context) {
    pass(context);
    let sum = 0;
    for (const count of counts) sum += count;
    emit(sum);
  },`,
  });
}

/** Lets whatever waits go on. */
export function openGate(folder: GateFolder): void {
  writeFileSync(folder.at("gate"), "");
}

/** The attempts that have begun: "map-0-0", and the process in which. */
export function marksIn(folder: GateFolder): { readonly attempt: string; readonly pid: number }[] {
  const names = readdirSync(folder.at("marks")).filter((name) => !name.startsWith("."));
  return names.map((name) => {
    const [, attempt, pid] = /^(.+)-(\d+)$/.exec(name)!;
    return { attempt: attempt!, pid: Number(pid) };
  });
}

/** The attempts of a phase that have begun. */
export function begunIn(folder: GateFolder, phase: GatedPhase): string[] {
  return marksIn(folder)
    .map(({ attempt }) => attempt)
    .filter((attempt) => attempt.startsWith(phase));
}
