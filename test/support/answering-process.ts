/**
 * A process that prints a number for each thing it has done for good, until it is killed.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const ROOT = join(import.meta.dirname, "../..");

/** A process that has printed as many numbers as were waited for. */
export interface AnsweringProcess {
  readonly pid: number;
  /** Kills it, and resolves to all the numbers that it printed. */
  kill(): Promise<readonly number[]>;
}

/** Starts a script of the tests, and waits for so many numbers. */
export async function startAnswering(
  script: string,
  args: readonly string[],
  count: number,
): Promise<AnsweringProcess> {
  const child = spawn(process.execPath, [join(ROOT, "scripts/ts.mjs"), script, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  const answered: number[] = [];
  const lines = createInterface({ input: child.stdout });
  const kill = async (): Promise<readonly number[]> => {
    child.kill("SIGKILL");
    await closed;
    return answered;
  };
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => {
      answered.push(Number(line));
      if (answered.length >= count) resolve();
    });
    closed.then(() => reject(new Error("The process ended before it was killed.")), reject);
  });
  return { pid: child.pid!, kill };
}
