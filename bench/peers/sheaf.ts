/** Ours: `./bin/sheaf run` as a user types it, on a job of bench/jobs. */

import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import type { Contender, FoundTool, RunFolder, Tool } from "../suite.ts";
import { firstLineOf } from "./program.ts";

/** One run of ours. */
export interface SheafRun {
  readonly id: string;
  readonly label: string;
  /** Name of the file in bench/jobs, without `.ts`. */
  readonly job: string;
  readonly input: string;
  readonly slots?: number;
  /** More flags, in `--flag value` pairs as they stand on the command line. */
  readonly flags?: readonly string[];
}

/** See the head of this file. */
export class Sheaf implements Tool {
  readonly name = "sheaf";
  /** The repository. */
  readonly root: string;
  readonly #slots: number;

  constructor(options: { readonly root: string; readonly slots: number }) {
    this.root = options.root;
    this.#slots = options.slots;
  }

  find(): FoundTool {
    if (!existsSync(this.program)) return { absent: "bin/sheaf does not exist" };
    const version = firstLineOf(this.program, ["--version"]);
    return version === undefined ? { absent: "bin/sheaf does not start" } : { version };
  }

  get program(): string {
    return path.join(this.root, "bin", "sheaf");
  }

  /** The command line of a run. */
  argv(run: Omit<SheafRun, "id" | "label">, output: string): [string, ...string[]] {
    const job = path.join(this.root, "bench", "jobs", `${run.job}.ts`);
    const slots = ["--slots", String(run.slots ?? this.#slots)];
    return [this.program, "run", job, run.input, "-o", output, ...slots, ...(run.flags ?? [])];
  }

  contender(run: SheafRun): Contender {
    return {
      id: run.id,
      label: run.label,
      tool: this,
      command: ({ output }) => ({ argv: this.argv(run, output) }),
      output: partFiles,
    };
  }
}

/** The part files of an output folder, in order: ours and Spark's are named alike. */
export function partFiles({ output }: RunFolder): string[] {
  const names = readdirSync(output).filter((name) => name.startsWith("part-"));
  return names.sort().map((name) => path.join(output, name));
}
