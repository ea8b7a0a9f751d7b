/**
 * Calls a command about a cluster in this process, for a cluster whose masters a test has started.
 */

import { main } from "../../src/cli/main.ts";
import { FakeProcess } from "./fake-process.ts";
import { FakeTerminal } from "./fake-terminal.ts";
import type { ScriptedCluster } from "./scripted-cluster.ts";

/** How a call ended, and what it printed; on a terminal, the terminal has that. */
export async function callCluster(
  masters: ScriptedCluster,
  words: string,
  process = new FakeProcess(),
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  process.env.SHEAF_MASTERS ??= masters.masters;
  const exitCode = await main(words.split(" "), process);
  const stderr = process.stderr instanceof FakeTerminal ? "" : process.errorText;
  return { exitCode, stdout: process.stdout.text, stderr };
}
