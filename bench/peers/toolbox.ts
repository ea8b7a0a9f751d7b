/** The tools that suites may use, ours first. */

import type { Tool } from "../suite.ts";
import { Duckdb } from "./duckdb.ts";
import { programTool } from "./program.ts";
import { Sheaf } from "./sheaf.ts";
import { Spark } from "./spark.ts";

/** See the head of this file. */
export interface Toolbox {
  readonly sheaf: Sheaf;
  readonly mawk: Tool;
  readonly sort: Tool;
  readonly grep: Tool;
  readonly duckdb: Duckdb;
  readonly spark: Spark;
}

/** What the tools need to know. */
export interface ToolboxOptions {
  /** The repository. */
  readonly root: string;
  /** The benchmark's folder for everything that can be made again. */
  readonly dataRoot: string;
  readonly slots: number;
  readonly say: (line: string) => void;
}

export function makeToolbox(options: ToolboxOptions): Toolbox {
  return {
    sheaf: new Sheaf(options),
    mawk: programTool("mawk", ["-W", "version"], "mawk"),
    sort: programTool("sort", ["--version"], "GNU coreutils"),
    grep: programTool("grep", ["--version"], "GNU grep"),
    duckdb: new Duckdb(options),
    spark: new Spark(options),
  };
}
