/**
 * Spark as a peer: PySpark in a virtual environment of the benchmark's own, `local[slots]`, with
 * DataFrames, which stay inside the JVM. It needs Python with venv and Java 17 or later; what it
 * downloads is about 450 MB, so only a full benchmark installs it.
 */

import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import type { Contender, FoundTool, Tool } from "../suite.ts";
import { firstLineOf } from "./program.ts";
import { partFiles } from "./sheaf.ts";

const PYSPARK = "pyspark==4.3.0";
const JAVA_MIN = 17;

/** One run of Spark. */
export interface SparkRun {
  readonly id: string;
  /** Which function of spark-jobs.py. */
  readonly job: "word-count" | "sort-lines" | "grep" | "inverted-index";
  readonly args: readonly string[];
}

/** See the head of this file. */
export class Spark implements Tool {
  readonly name = "spark";
  readonly #script: string;
  readonly #environment: string;
  readonly #slots: number;
  readonly #say: (line: string) => void;

  constructor(options: {
    readonly root: string;
    readonly dataRoot: string;
    readonly slots: number;
    readonly say: (line: string) => void;
  }) {
    this.#script = path.join(options.root, "bench", "peers", "spark-jobs.py");
    this.#environment = path.join(options.dataRoot, "spark");
    this.#slots = options.slots;
    this.#say = options.say;
  }

  find(): FoundTool {
    return this.#install();
  }

  contender(run: SparkRun): Contender {
    return {
      id: run.id,
      label: `Spark local[${this.#slots}]`,
      tool: this,
      command: ({ output, scratch }) => ({
        argv: [
          this.#python,
          this.#script,
          run.job,
          String(this.#slots),
          scratch,
          output,
          ...run.args,
        ],
        // Without it Spark asks the name server for the machine's own name.
        env: { SPARK_LOCAL_IP: "127.0.0.1", SPARK_LOCAL_HOSTNAME: "localhost" },
      }),
      output: partFiles,
    };
  }

  get #python(): string {
    return path.join(this.#environment, "bin", "python");
  }

  #install(): FoundTool {
    const java = firstLineOf("java", ["-version"]);
    if (java === undefined) return { absent: "Java is not on the PATH" };
    const release = Number(/"(\d+)/.exec(java)?.[1] ?? 0);
    if (release < JAVA_MIN) return { absent: `it needs Java ${JAVA_MIN}, and this is ${java}` };
    if (!existsSync(this.#environment)) {
      this.#say("installing PySpark into the benchmark's data folder (about 450 MB)");
      const absent = this.#makeEnvironment();
      if (absent !== undefined) {
        rmSync(this.#environment, { recursive: true, force: true });
        return { absent };
      }
    }
    const version = "import pyspark; print('PySpark ' + pyspark.__version__)";
    const line = firstLineOf(this.#python, ["-c", version]);
    return line === undefined
      ? { absent: "PySpark does not load" }
      : { version: `${line}, Java ${release}` };
  }

  /** Why it could not be made, or undefined. */
  #makeEnvironment(): string | undefined {
    const quiet = { encoding: "utf8" } as const;
    const venv = spawnSync("python3", ["-m", "venv", this.#environment], quiet);
    if (venv.status !== 0) return "Python 3 with venv is not here";
    const flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYSPARK];
    const pip = spawnSync(this.#python, flags, quiet);
    if (pip.status === 0) return undefined;
    this.#say(pip.stderr.split("\n").slice(0, 4).join("\n"));
    return `pip could not install ${PYSPARK}`;
  }
}
