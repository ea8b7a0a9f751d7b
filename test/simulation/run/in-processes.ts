/**
 * Runs seeds in processes of their own, each every so-manyth of them; reports come back as they are.
 */

import { type ChildProcess, fork } from "node:child_process";
import type { SeedReport } from "./seed-report.ts";

/** What a process is told to run: `seeds` of them, from one on, in steps. */
export interface Share {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly step: number;
}

/** Resolves when all have ended; rejects if one of them dies. `module` runs a share when it is sent one. */
export async function runInProcesses(
  module: string,
  { firstSeed, seeds, jobs }: { firstSeed: number; seeds: number; jobs: number },
  onReport: (report: SeedReport) => void,
): Promise<void> {
  const children: ChildProcess[] = [];
  const runs = Array.from({ length: Math.min(jobs, seeds) }, (_, i) => {
    const child = fork(module, [], { execArgv: ["--enable-source-maps"] });
    children.push(child);
    const share: Share = {
      firstSeed: firstSeed + i,
      seeds: Math.ceil((seeds - i) / jobs),
      step: jobs,
    };
    return new Promise<void>((resolve, reject) => {
      let left = share.seeds;
      child.on("message", (report: SeedReport) => {
        left--;
        onReport(report);
        if (left === 0) child.disconnect();
      });
      child.on("error", reject);
      child.on("exit", (code) => {
        if (left === 0) resolve();
        else reject(new Error(`A process ended with code ${code}, and ${left} seeds were left.`));
      });
      child.send(share);
    });
  });
  try {
    await Promise.all(runs);
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill();
  }
}
