/** What tasks of bench/jobs/marked.ts have left: which attempts began, and when. */

import { readFileSync, writeFileSync } from "node:fs";

/** An attempt that has begun. */
export interface Mark {
  readonly task: number;
  readonly attempt: number;
  /** Of the wall clock, which all processes of a machine share. */
  readonly beganMs: number;
}

/** See the head of this file. */
export class Marks {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
    writeFileSync(file, "");
  }

  /** In the order in which they began. */
  read(): Mark[] {
    const lines = readFileSync(this.file, "latin1").trim().split("\n");
    const marks = lines
      .filter((line) => line !== "")
      .map((line) => {
        const [task, attempt, beganMs] = line.split(" ").map(Number);
        return { task: task!, attempt: attempt!, beganMs: beganMs! };
      });
    return marks.sort((a, b) => a.beganMs - b.beganMs);
  }

  /** Waits until a mark fits; looks again every few milliseconds. */
  async until(fits: (marks: readonly Mark[]) => boolean, timeoutMs = 30_000): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!fits(this.read())) {
      if (performance.now() > deadlineMs) throw new Error(`Nothing fitting in ${this.file}.`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
