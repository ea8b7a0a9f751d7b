/**
 * DuckDB as a peer: a process of Node that does nothing but run SQL through DuckDB's own package,
 * which costs 0.1 s more than DuckDB's command line would. Users never install the package: the
 * benchmark does, in its own folder, when it needs it.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { buildSync } from "esbuild";
import type { Contender, FoundTool, Tool } from "../suite.ts";

/** One run of DuckDB. */
export interface DuckdbRun {
  readonly id: string;
  readonly label: string;
  /** Statements, the last of which writes the answer to `output`. */
  sql(output: string): readonly string[];
}

/** See the head of this file. */
export class Duckdb implements Tool {
  readonly name = "duckdb";
  readonly #bench: string;
  readonly #script: string;
  readonly #slots: number;
  readonly #say: (line: string) => void;

  constructor(options: {
    readonly root: string;
    readonly dataRoot: string;
    readonly slots: number;
    readonly say: (line: string) => void;
  }) {
    this.#bench = path.join(options.root, "bench");
    // Below bench/, where Node finds bench/node_modules.
    this.#script = path.join(options.dataRoot, "bin", "duckdb-query.mjs");
    this.#slots = options.slots;
    this.#say = options.say;
  }

  find(): FoundTool {
    return this.#install();
  }

  contender(run: DuckdbRun): Contender {
    return {
      id: run.id,
      label: run.label,
      tool: this,
      command: ({ output, scratch }) => ({
        argv: [
          process.execPath,
          this.#script,
          String(this.#slots),
          scratch,
          ...run.sql(sqlText(output)),
        ],
      }),
      output: ({ output }) => [output],
    };
  }

  #install(): FoundTool {
    if (!existsSync(path.join(this.#bench, "node_modules", "@duckdb", "node-api"))) {
      this.#say("installing DuckDB into bench/node_modules");
      const flags = ["ci", "--prefix", this.#bench, "--no-audit", "--no-fund", "--loglevel=error"];
      const npm = spawnSync("npm", flags, { encoding: "utf8" });
      if (npm.status !== 0) {
        this.#say(npm.stderr.split("\n").slice(0, 4).join("\n"));
        return { absent: "its npm package could not be installed" };
      }
    }
    buildSync({
      entryPoints: [path.join(this.#bench, "peers", "duckdb-query.ts")],
      outfile: this.#script,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "warning",
    });
    const asked = spawnSync(process.execPath, [this.#script, "--version"], { encoding: "utf8" });
    if (asked.status === 0) return { version: `DuckDB ${asked.stdout.trim()}` };
    return { absent: "its npm package does not load on this machine" };
  }
}

/** Text as a SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * The lines of text files as a table with one column, `line`. Reading them as CSV with a delimiter
 * that does not occur is DuckDB's parallel way; `read_text` makes one value of a file. Blocks of 8 MiB
 * are a little faster than its own choice.
 */
export function sqlLines(glob: string, options = ""): string {
  return (
    `read_csv(${sqlText(glob)}, columns = {'line': 'VARCHAR'}, header = false, ` +
    `auto_detect = false, delim = '\u0001', quote = '', escape = '', ` +
    `buffer_size = 8388608${options})`
  );
}

/** How `COPY` writes one column as plain lines, or two with a tab between. */
export const SQL_PLAIN = "(FORMAT csv, HEADER false, DELIMITER '\t', QUOTE '', ESCAPE '')";
