/**
 * The real command line, as a process of its own in the folder of a test.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageFacts } from "../../../src/base/package-facts.ts";

/** Found by way of the package, because the benchmark, too, starts commands, from a bundle of its own. */
const SHEAF = join(packageFacts().root, "bin", "sheaf");

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export class Command {
  stdout = "";
  stderr = "";
  readonly process: ChildProcess;
  readonly #ended: Promise<Ended>;

  /** Starts `sheaf` with these words; `asNobody` gives up the rights of root. */
  constructor(cwd: string, words: readonly string[], asNobody = false, env = process.env) {
    const [file, ...args] = [
      ...(asNobody ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : []),
      process.execPath,
      SHEAF,
      ...words,
    ];
    const child = spawn(file!, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...env, NO_COLOR: "1" },
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.process = child;
    this.#ended = this.#end();
  }

  get hasEnded(): boolean {
    const { exitCode, signalCode } = this.process;
    return exitCode !== null || signalCode !== null;
  }

  /** Waits for what the command writes to contain `text`. */
  async shows(text: string): Promise<void> {
    while (!`${this.stdout}${this.stderr}`.includes(text)) {
      if (this.hasEnded) {
        const { code, signal, stdout, stderr } = await this.#ended;
        throw new Error(`It ended with ${signal ?? code}, without "${text}": ${stdout}${stderr}`);
      }
      await this.#news();
    }
  }

  /** Something more is written, or the command ends. */
  async #news(): Promise<void> {
    const { stdout, stderr } = this.process;
    const over = new AbortController();
    const { signal } = over;
    const news = [stdout!, stderr!].map((stream) => once(stream, "data", { signal }));
    await Promise.race([...news, this.#ended]);
    over.abort();
    await Promise.allSettled(news);
  }

  async ended(): Promise<Ended> {
    return await this.#ended;
  }

  async #end(): Promise<Ended> {
    const [code, signal] = (await once(this.process, "close")) as [number, NodeJS.Signals];
    const { stdout, stderr } = this;
    return { code, signal, stdout, stderr };
  }
}

/** Runs `sheaf` to its end. */
export async function sheaf(cwd: string, ...words: string[]): Promise<Ended> {
  return await new Command(cwd, words).ended();
}
