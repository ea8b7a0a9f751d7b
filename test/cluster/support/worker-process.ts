/**
 * A real `sheaf worker` on loopback, for as long as a test needs it. `await using` ends it.
 */

import { readdirSync } from "node:fs";
import { Command, type Ended } from "../../integration/support/command.ts";
import { RunFolder } from "../../integration/support/run-folder.ts";
import type { ScriptedMaster } from "../../support/scripted-master.ts";

/** See the head of this file. */
export class WorkerProcess {
  readonly command: Command;
  readonly folder = new RunFolder();

  constructor(
    masters: ScriptedMaster | readonly ScriptedMaster[],
    flags: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ) {
    const addresses = [masters].flat().map((master) => (master as ScriptedMaster).address);
    const words = [
      ...["worker", "--masters", addresses.join(","), "--work-dir", this.folder.at("work")],
      ...["--memory", "16MB", ...flags],
    ];
    this.command = new Command(this.folder.path, words, false, { ...process.env, ...environment });
  }

  /** What is in the work folder, by paths below the folder of the process. */
  files(): string[] {
    const [own] = readdirSync(this.folder.at("work"));
    if (own === undefined) return [];
    const root = this.folder.at(`work/${own}`);
    return readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  }

  /** The one file in the work folder whose path ends so. */
  path(end: string): string {
    const [own] = readdirSync(this.folder.at("work"));
    const found = this.files().filter((path) => path.endsWith(end));
    if (found.length !== 1) throw new Error(`There are ${found.length} files ${end}.`);
    return this.folder.at(`work/${own}/${found[0]}`);
  }

  /** Ends it with a signal. */
  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<Ended> {
    this.command.process.kill(signal);
    return await this.command.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.command.process.kill("SIGKILL");
    await this.command.ended();
    this.folder[Symbol.dispose]();
  }
}
