/**
 * The command line: words in, exit code out. bin/sheaf calls `start`, tests call `main` with
 * dependencies of their own. Whatever is wrong with a call ends here, as one message and a 2.
 */

import { setTimeout } from "node:timers/promises";
import { CommanderError } from "commander";
import { packageFacts } from "../base/package-facts.ts";
import { clusterActions } from "./cluster/cluster-actions.ts";
import { type Dependencies, processDependencies } from "./dependencies.ts";
import { themeFor } from "./display/theme.ts";
import { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, endsBySignal, exitCodeOf } from "./exit-code.ts";
import { type Actions, createProgram } from "./program.ts";
import { bugText, expectedErrorText, isExpected } from "./report-error.ts";

/** How long an interrupted command waits for its words to be taken. */
const DRAIN_MS_MAX = 500;

/** Runs the command that `words` (without node and script) spell; resolves to the exit code. */
export async function main(words: readonly string[], dependencies: Dependencies): Promise<number> {
  let exitCode = EXIT_DONE;
  const actions: Actions = {
    async run(job, inputs, flags) {
      const { runCommand } = await import("./run-command.ts");
      exitCode = await runCommand(job, inputs, flags, dependencies);
    },
    async init(folder) {
      const { initCommand } = await import("./init/init-command.ts");
      exitCode = await initCommand(folder, dependencies);
    },
    async certs(folder, flags) {
      const { certsCommand } = await import("./certs-command.ts");
      exitCode = await certsCommand(folder, flags, dependencies);
    },
    async master(flags) {
      const { masterCommand } = await import("./master-command.ts");
      exitCode = await masterCommand(flags, dependencies);
    },
    async worker(flags) {
      const { workerCommand } = await import("./worker-command.ts");
      exitCode = await workerCommand(flags, dependencies);
    },
    async doctor(folder, flags) {
      const { doctorCommand } = await import("./doctor-command.ts");
      exitCode = await doctorCommand(folder, flags, dependencies);
    },
    ...clusterActions(dependencies, (code) => {
      exitCode = code;
    }),
  };
  const program = createProgram(actions, packageFacts().version, dependencies);
  try {
    await program.parseAsync(words, { from: "user" });
    return exitCode;
  } catch (thrown) {
    const commands = program.commands.map((command) => command.name());
    return reportThrown(thrown, { words, commands }, dependencies);
  }
}

function reportThrown(thrown: unknown, call: Call, { stderr, env }: Dependencies): number {
  const theme = themeFor(stderr, env);
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return EXIT_DONE;
    // `sheaf` alone: commander has printed the help.
    if (thrown.code !== "commander.help")
      stderr.write(expectedErrorText(wordUsage(thrown, call), theme));
    return EXIT_USAGE;
  }
  if (isExpected(thrown)) {
    stderr.write(expectedErrorText(thrown.message, theme));
    return exitCodeOf(thrown.code, false);
  }
  stderr.write(bugText(thrown, theme));
  return EXIT_FAILED;
}

/** What was called, and what can be. */
interface Call {
  readonly words: readonly string[];
  readonly commands: readonly string[];
}

/** Commander's message as a sentence of ours. */
function wordUsage(error: CommanderError, { words, commands }: Call): string {
  const plain = error.message.replace(/^error: /, "");
  const [problem, hint] = plain.split("\n", 2) as [string, string | undefined];
  const value = /^option '(.+?) <(.+)>' argument missing$/.exec(problem);
  if (value !== null) return `${value[1]} takes a value: ${value[2]}.`;
  const sentence = `${problem.charAt(0).toUpperCase()}${problem.slice(1).replace(/\.$/, "")}.`;
  const command = words[0] ?? "";
  if (error.code === "commander.unknownCommand" && /\.[cm]?[jt]s$/.test(command)) {
    return `${sentence} To run a job: sheaf run ${command} INPUT... -o DIR`;
  }
  if (hint !== undefined) return `${sentence} ${hint.replace(/^\((.*)\)$/, "$1")}`;
  const help = commands.includes(command) ? `sheaf ${command} --help` : "sheaf --help";
  return `${sentence} See "${help}".`;
}

/** What bin/sheaf calls: the process's own words, and its end. Tests replace dependencies. */
export async function start(replaced: Partial<Dependencies> = {}): Promise<void> {
  const dependencies = explainingEnds({ ...processDependencies(), ...replaced });
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever read our output has left (`| head`): the job goes on, unheard.
    stream.on("error", () => {});
  }
  const exitCode = await main(process.argv.slice(2), dependencies);
  const written = Promise.all([drained(process.stdout), drained(process.stderr)]);
  // The signal may have broken off a write of the job's own; nothing that comes behind it gets out.
  await (endsBySignal(exitCode) ? Promise.race([written, setTimeout(DRAIN_MS_MAX)]) : written);
  // Not left to the event loop: a module of the user's may hold a timer or a socket for ever.
  dependencies.exit(exitCode);
}

/**
 * Lets the process end in no way that nobody explains. A job's own code may end it, at its load or
 * with --inline, with any code: 0 must not look like success, nor 3 like a cluster out of reach.
 */
function explainingEnds(dependencies: Dependencies): Dependencies {
  const { stderr, env, exit } = dependencies;
  let isExplained = false;
  let isUncaught = false;
  process.once("uncaughtExceptionMonitor", () => {
    isUncaught = true;
  });
  // An event loop that runs dry before main has an answer must not look like success.
  process.once("beforeExit", () => {
    isExplained = true;
    process.exitCode = EXIT_FAILED;
    stderr.write(bugText(new Error("Nothing is left to wait for."), themeFor(stderr, env)));
  });
  process.once("exit", (code) => {
    // What nothing catches is shown by Node; of the job's own it is told as its failure.
    if (isExplained || (isUncaught && code !== EXIT_DONE)) return;
    process.exitCode = EXIT_FAILED;
    const call = `process.exit(${code})`;
    const message = `The job's code called ${call}, so nothing was written. Throw an error instead.`;
    stderr.write(expectedErrorText(message, themeFor(stderr, env)));
  });
  return {
    ...dependencies,
    exit(code) {
      isExplained = true;
      exit(code);
    },
  };
}

/** Resolves when everything written so far has left the process, or never will. */
function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored !== null) resolve();
    else stream.write("", () => resolve());
  });
}
