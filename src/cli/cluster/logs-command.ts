/**
 * `sheaf logs`: what the attempts of a job wrote to the console, each line behind the name of the
 * attempt, so that `grep` and `sort` can tell them apart.
 */

import { taskIndex } from "../../base/ids.ts";
import { SPLITS_MAX } from "../../base/limits.ts";
import { readLogs } from "../../client/read-logs.ts";
import type { LogPiece, LogsRequest } from "../../rpc/wire/job-calls.ts";
import type { Dependencies, OutputStream } from "../dependencies.ts";
import { spellControls, spellOneLine } from "../display/cell-width.ts";
import { paint, type Theme, themeFor } from "../display/theme.ts";
import { EXIT_DONE } from "../exit-code.ts";
import { usage } from "../flag-values.ts";
import { type ClusterFlags, openCluster, readJobId } from "./cluster-flags.ts";
import { changeInWords } from "./lost-leader.ts";

/** The flags as commander hands them over. */
export interface LogsFlags extends ClusterFlags {
  readonly follow?: boolean;
  readonly task?: string;
}

/** Runs the command and returns the exit code. Throws `USAGE` and what the cluster refuses. */
export async function logsCommand(
  words: string | undefined,
  flags: LogsFlags,
  dependencies: Dependencies,
): Promise<number> {
  const { stdout, stderr, env } = dependencies;
  const request: LogsRequest = {
    job: readJobId(words, "sheaf logs JOB [options]"),
    ...readTask(flags.task),
    follow: flags.follow === true,
  };
  const cluster = openCluster(flags, dependencies);
  const printer =
    flags.json === true ? new JsonLogs(stdout) : new PlainLogs(stdout, themeFor(stdout, env));
  try {
    const pieces = readLogs(cluster, request, {
      onChange: (change) => stderr.write(`${spellOneLine(changeInWords(change))}\n`),
    });
    for await (const piece of pieces) {
      printer.print(piece);
      if (!(await takesMore(stdout))) return EXIT_DONE;
    }
    printer.end();
    return EXIT_DONE;
  } finally {
    cluster.close();
  }
}

/** Waits until a stream has room again; false if whoever read it has left (`| head`). */
async function takesMore(stream: OutputStream): Promise<boolean> {
  const hasFailed = (): boolean => (stream.errored ?? null) !== null;
  if (stream.writableNeedDrain === true && !hasFailed()) {
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        stream.off("drain", goOn);
        stream.off("error", goOn);
        resolve();
      };
      stream.on("drain", goOn);
      stream.on("error", goOn);
    });
  }
  return !hasFailed();
}

const TASK = /^(map|reduce)(?:\/(\d{1,7}))?$/;

/** `map/3`, or all of a phase: `reduce`. */
function readTask(words: string | undefined): Pick<LogsRequest, "phase" | "task"> {
  if (words === undefined) return { phase: undefined, task: undefined };
  const [, phase, digits] = TASK.exec(words) ?? [];
  const index = digits === undefined ? undefined : Number(digits);
  if (phase === undefined || (index !== undefined && index >= SPLITS_MAX)) {
    throw usage(`--task takes a task, such as map/3 or reduce/0, or a phase, not "${words}".`);
  }
  return {
    phase: phase === "map" ? "map" : "reduce",
    task: index === undefined ? undefined : taskIndex(index),
  };
}

interface Logs {
  print(piece: LogPiece): void;
  end(): void;
}

/** A piece a line. */
class JsonLogs implements Logs {
  readonly #stdout: OutputStream;

  constructor(stdout: OutputStream) {
    this.#stdout = stdout;
  }

  print({ attempt, worker, text }: LogPiece): void {
    this.#stdout.write(`${JSON.stringify({ ...attempt, worker, text })}\n`);
  }

  end(): void {}
}

/** Lines behind the names of their attempts: `map 3, attempt 0 on w1 | text`. */
class PlainLogs implements Logs {
  readonly #stdout: OutputStream;
  readonly #theme: Theme;
  /** Before each line of the piece that came last. */
  #prefix = "";
  /** Whether the line that was written last lacks its end. */
  #isOpen = false;

  constructor(stdout: OutputStream, theme: Theme) {
    this.#stdout = stdout;
    this.#theme = theme;
  }

  print({ attempt, worker, text }: LogPiece): void {
    const { job, phase, task, attempt: ordinal } = attempt;
    const name = `${job} ${phase} ${task}, attempt ${ordinal} on ${worker} | `;
    const prefix = paint(this.#theme, "faint", name);
    if (prefix !== this.#prefix) this.end();
    this.#prefix = prefix;
    const lines = spellControls(text).split("\n");
    const isOpen = lines.at(-1) !== "";
    if (!isOpen) lines.pop();
    const [first = "", ...others] = lines;
    const begun = this.#isOpen ? first : prefix + first;
    const written = [begun, ...others.map((line) => prefix + line)].join("\n");
    this.#stdout.write(isOpen ? written : `${written}\n`);
    this.#isOpen = isOpen;
  }

  end(): void {
    if (this.#isOpen) this.#stdout.write("\n");
    this.#isOpen = false;
  }
}
