/**
 * The flags of `sheaf run`, from words to numbers: everything that is wrong with a call is found
 * here, before anything is loaded, and said in one sentence that names the flag and what it takes.
 */

import * as limits from "../base/limits.ts";
import type { RunOptions } from "../local/options.ts";
import { readCount, readDuration, readSize, usage } from "./flag-values.ts";

/** The flags as commander hands them over: words, and whether a switch was there. */
export interface RunFlags {
  readonly output?: string;
  readonly partitions?: string;
  readonly slots?: string;
  readonly memory?: string;
  readonly splitSize?: string;
  readonly param?: readonly string[];
  readonly env?: readonly string[];
  readonly skipBadRecords?: string;
  readonly taskTimeout?: string;
  readonly maxAttempts?: string;
  readonly workDir?: string;
  readonly overwrite?: boolean;
  readonly inline?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly masters?: string;
  readonly certs?: string;
  readonly tokenFile?: string;
  readonly wait?: string;
  readonly priority?: string;
  readonly slowstart?: string;
  readonly detach?: boolean;
}

/** What the flags mean to the engine. */
export interface RunCall {
  readonly job: string;
  readonly options: RunOptions;
}

export const RUN_USAGE = "sheaf run JOB INPUT... -o DIR [options]";

/** Checks a whole call of `sheaf run`. Throws `USAGE`. */
export function readRunCall(
  job: string | undefined,
  inputs: readonly string[],
  flags: RunFlags,
): RunCall {
  if (job === undefined || job === "") throw usage(`No job was given. Usage: ${RUN_USAGE}`);
  if (inputs.length === 0) throw usage(`No input was given for ${job}. Usage: ${RUN_USAGE}`);
  if (inputs.includes("-")) {
    throw usage(
      '"-" is no input: Sheaf reads files, not standard input. Write it to a file first.',
    );
  }
  const options: RunOptions = {
    inputs,
    output: readFolder("-o (--output)", flags.output),
    ...given(
      "partitions",
      readCount("-R (--partitions)", flags.partitions, 1, limits.PARTITIONS_MAX),
    ),
    ...given("slots", readCount("--slots", flags.slots, 1, limits.SLOTS_MAX)),
    ...given(
      "memoryBytes",
      readSize(
        "--memory",
        flags.memory,
        limits.SLOT_MEMORY_BYTES_MIN,
        limits.SLOT_MEMORY_BYTES_MAX,
      ),
    ),
    ...given("splitBytes", readSize("--split-size", flags.splitSize, limits.SPLIT_BYTES_MIN)),
    ...given("params", readParams(flags.param)),
    ...given(
      "skipBadRecords",
      readCount("--skip-bad-records", flags.skipBadRecords, 0, Number.MAX_SAFE_INTEGER),
    ),
    ...given(
      "taskTimeoutMs",
      readDuration(
        "--task-timeout",
        flags.taskTimeout,
        limits.TASK_TIMEOUT_MS_MIN,
        limits.TASK_TIMEOUT_MS_MAX,
      ),
    ),
    ...given(
      "maxAttempts",
      readCount("--max-attempts", flags.maxAttempts, 1, limits.ATTEMPTS_MAX_LIMIT),
    ),
    ...given(
      "workDirectory",
      flags.workDir === undefined ? undefined : readFolder("--work-dir", flags.workDir),
    ),
    ...given("overwrite", flags.overwrite),
    ...given("inline", flags.inline),
  };
  return { job, options };
}

/** A name that masters and workers take, too. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/;

/**
 * The variables that a job's code is to see: `NAME=VALUE`, or `NAME` as it is here. Throws `USAGE`.
 */
export function readEnvironment(
  words: readonly string[] = [],
  own: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const word of words) {
    const [name = ""] = word.split("=", 1);
    if (!VARIABLE.test(name)) {
      throw usage(`--env takes NAME=VALUE or NAME, of letters, digits and "_", not "${word}".`);
    }
    if (variables.has(name)) throw usage(`--env ${name} was given twice; give it once.`);
    const value = word === name ? own[name] : word.slice(name.length + 1);
    if (value === undefined) throw usage(`--env ${name}: there is no such variable here.`);
    if (value.length > limits.ENVIRONMENT_VALUE_CHARS_MAX) {
      throw usage(
        `--env ${name} has more than ${limits.ENVIRONMENT_VALUE_CHARS_MAX} characters: use a file instead.`,
      );
    }
    variables.set(name, value);
  }
  if (variables.size > limits.ENVIRONMENT_VARIABLES_MAX) {
    throw usage(`--env was given more than ${limits.ENVIRONMENT_VARIABLES_MAX} times.`);
  }
  return Object.fromEntries(variables);
}

/** Flags that say nothing about a run on this machine. */
const CLUSTER_FLAGS = [
  ["certs", "--certs"],
  ["tokenFile", "--token-file"],
  ["wait", "--wait"],
  ["priority", "--priority"],
  ["slowstart", "--slowstart"],
  ["detach", "--detach"],
] as const satisfies readonly (readonly [keyof RunFlags, string])[];

/** Throws `USAGE` for a run on this machine whose flags are about a cluster. */
export function refuseClusterFlags(flags: RunFlags): void {
  const given = CLUSTER_FLAGS.find(([name]) => flags[name] !== undefined);
  if (given === undefined) return;
  throw usage(`${given[1]} is about a job on a cluster: say which with --masters HOST:PORT,...`);
}

/** `{ name: value }`, or nothing where there is no value: an option not given is not passed on. */
function given<Name extends keyof RunOptions>(
  name: Name,
  value: RunOptions[Name] | undefined,
): Partial<RunOptions> {
  return value === undefined ? {} : ({ [name]: value } as Partial<RunOptions>);
}

function readFolder(flag: string, words: string | undefined): string {
  if (words === undefined)
    throw usage(`No output folder was given: add -o DIR. Usage: ${RUN_USAGE}`);
  if (words === "") throw usage(`${flag} takes a folder, not an empty name.`);
  // `-o --overwrite` is a folder that was forgotten, not one with an odd name.
  if (words.startsWith("-")) {
    throw usage(`${flag} takes a folder, not "${words}". If it is one, write "./${words}".`);
  }
  return words;
}

function readParams(words: readonly string[] | undefined): Record<string, string> | undefined {
  if (words === undefined) return undefined;
  const params = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals < 1) throw usage(`--param takes NAME=VALUE, not "${word}".`);
    const name = word.slice(0, equals);
    if (params.has(name)) throw usage(`--param ${name} was given twice; give it once.`);
    params.set(name, word.slice(equals + 1));
  }
  return Object.fromEntries(params);
}
