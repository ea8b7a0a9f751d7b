/**
 * The commands, their arguments, flags and help, as commander has them. What they do is handed in;
 * what is wrong with a call is thrown as commander's error or ours, and worded in main.ts.
 */

import { Command, Option } from "commander";
import { durationInWords } from "../base/duration.ts";
import {
  ATTEMPTS_MAX_DEFAULT,
  SLOT_MEMORY_BYTES_DEFAULT,
  SPLIT_BYTES_DEFAULT,
  TASK_TIMEOUT_MS_DEFAULT,
} from "../base/limits.ts";
import { sizeInWords } from "../base/size.ts";
import type { CertsFlags } from "./certs-command.ts";
import {
  addClusterCommands,
  addClusterRunOptions,
  type ClusterActions,
} from "./cluster/cluster-program.ts";
import type { Dependencies } from "./dependencies.ts";
import { paint, themeFor } from "./display/theme.ts";
import type { DoctorFlags } from "./doctor-command.ts";
import { addDoctor } from "./doctor-program.ts";
import type { MasterFlags } from "./master-flags.ts";
import { addMaster } from "./master-program.ts";
import type { RunFlags } from "./run-flags.ts";
import type { WorkerFlags } from "./worker-flags.ts";
import { addWorker } from "./worker-program.ts";

/** What the commands do. */
export interface Actions extends ClusterActions {
  run(job: string | undefined, inputs: readonly string[], flags: RunFlags): Promise<void>;
  init(folder: string | undefined): Promise<void>;
  certs(folder: string | undefined, flags: CertsFlags): Promise<void>;
  master(flags: MasterFlags): Promise<void>;
  worker(flags: WorkerFlags): Promise<void>;
  doctor(folder: string | undefined, flags: DoctorFlags): Promise<void>;
}

const RUN_EXAMPLES = `
Examples:
  Count the words of every text file below a folder:
    $ sheaf run word-count.ts texts/ -o counts

  Several inputs and globs, four parts, and a result that replaces an older one:
    $ sheaf run word-count.ts a.txt "logs/**/*.gz" -o counts -R 4 --overwrite

  Objects on S3, all below a prefix, and a result that goes there (see docs/how-to/s3.md):
    $ sheaf run word-count.ts s3://logs/2024/ -o s3://results/counts

  Give the job its params:
    $ sheaf run grep.ts logs/ -o errors --param 'pattern=ERROR|FATAL'

  Less memory, fewer threads:
    $ sheaf run sort.ts big.txt -o sorted --slots 2 --memory 64MB

  Go on past up to ten records that make the job throw; they end up in counts/_bad/:
    $ sheaf run word-count.ts texts/ -o counts --skip-bad-records 10

  Stop at a breakpoint in your map function:
    $ node --inspect-brk node_modules/.bin/sheaf run word-count.ts a.txt -o counts --inline

  Follow a run from a program:
    $ sheaf run word-count.ts texts/ -o counts --json | jq -r .type

  On a cluster, whose machines all see the paths; then only submit it, to come back for its end:
    $ sheaf run word-count.ts /data/texts -o /data/counts --masters 10.0.0.1:7077,10.0.0.2:7077
    $ sheaf run word-count.ts /data/texts -o /data/counts --masters 10.0.0.1:7077 --detach

Exit codes: 0 done, 1 the job failed, 2 the call was wrong, 3 the cluster is out of reach,
130 interrupted. The first Ctrl-C cancels the run and cleans up, the second ends it at once.
Sizes: 64MB, 1.5GB, 512KB; a KB is 1024 bytes. Durations: 500ms, 30s, 5m, 1h.
`;

const INIT_EXAMPLES = `
Examples:
  A new folder with a job, its test and what they need:
    $ sheaf init my-job
    $ cd my-job
    $ npm install
    $ npm start

  The same in the current folder, if none of the files is there yet:
    $ sheaf init
`;

const CERTS_EXAMPLES = `
Examples:
  What a cluster needs to listen on any address but loopback:
    $ sheaf certs certs

  Names by which other tools, such as grpcurl, may call the nodes:
    $ sheaf certs certs --hosts "master-1.example,*.workers.example,10.0.0.7"

  New certificates before the old ones end, from the same authority:
    $ sheaf certs new-certs --ca certs

Nodes know each other by the role in a certificate, not by its host names. Keys are ECDSA on P-256,
and only their owner can read them.
`;

const EXAMPLES = `
Examples:
  $ sheaf init my-job                             a job, its test and a tsconfig that work at once
  $ sheaf run word-count.ts texts/ -o counts      run a job on every file below texts/
  $ sheaf run --help                              every option, with more examples
`;

/** Builds the program. It throws `CommanderError` and never ends the process. */
export function createProgram(
  actions: Actions,
  version: string,
  dependencies: Dependencies,
): Command {
  const program = new Command("sheaf");
  configure(program, dependencies);
  program
    .description(
      "MapReduce for TypeScript: write map and reduce with real types, run them on your files.",
    )
    .usage("COMMAND [options]")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXAMPLES);
  addRun(program, actions);
  addInit(program, actions);
  addCerts(program, actions);
  addMaster(program, (flags) => actions.master(flags));
  addWorker(program, (flags) => actions.worker(flags));
  addDoctor(program, (folder, flags) => actions.doctor(folder, flags));
  addClusterCommands(program, actions);
  return program;
}

function configure(program: Command, { stdout, stderr, env }: Dependencies): void {
  const outTheme = themeFor(stdout, env);
  program.exitOverride().configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
    // The message comes with the error that is thrown, and main.ts words it.
    outputError: () => {},
    getOutHelpWidth: () => Math.min(100, stdout.columns || 100),
    getErrHelpWidth: () => Math.min(100, stderr.columns || 100),
    getOutHasColors: () => outTheme.colours,
    getErrHasColors: () => themeFor(stderr, env).colours,
  });
  program.configureHelp({
    styleTitle: (title) => paint(outTheme, "strong", title),
    subcommandTerm: (command) => `${command.name()} ${command.usage()}`,
  });
}

function addRun(program: Command, actions: Actions): void {
  const run = program
    .command("run")
    .summary("run a job on this machine, or on a cluster")
    .description(
      "Runs a job on this machine, one worker thread per slot, or on a cluster (--masters).",
    )
    .usage("JOB INPUT... -o DIR [options]")
    .argument("[JOB]", "a module whose default export is a job, in TypeScript or JavaScript")
    .argument(
      "[INPUT...]",
      "files, folders (every file below them) and globs in quotes; s3://BUCKET/KEY likewise",
    )
    .option(
      "-o, --output <DIR>",
      "the folder of the result, or s3://BUCKET/PREFIX; empty or missing",
    )
    .option("--overwrite", "replace what the output folder holds, when the job is done")
    .option(
      "-R, --partitions <N>",
      "reduce tasks and parts of the output (default: by the input, up to 32)",
    )
    .addOption(new Option("--reducers <N>", "the same as -R").conflicts("partitions").hideHelp())
    .option("--slots <N>", "tasks that run at once (default: the cores)")
    .option(
      "--memory <SIZE>",
      `memory of a slot (default: ${sizeInWords(SLOT_MEMORY_BYTES_DEFAULT)})`,
    )
    .option(
      "--split-size <SIZE>",
      `input of a map task (default: ${sizeInWords(SPLIT_BYTES_DEFAULT)})`,
    )
    .option("--param <NAME=VALUE>", "a param of the job; may be given for each", collect)
    .option(
      "--env <NAME[=VALUE]>",
      "a variable that the job sees in process.env; without a value, as it is here",
      collect,
    )
    .option("--skip-bad-records <N>", "skip up to N records that fail twice (default: 0)")
    .option(
      "--task-timeout <TIME>",
      `end an attempt that makes no progress (default: ${durationInWords(TASK_TIMEOUT_MS_DEFAULT)})`,
    )
    .option("--max-attempts <N>", `attempts of a task (default: ${ATTEMPTS_MAX_DEFAULT})`)
    .option(
      "--work-dir <DIR>",
      "where intermediate data goes (default: the system's temporary folder)",
    )
    .option("--inline", "run everything in this process, one task after the other, for a debugger")
    .option("--json", "print every event as a line of JSON on standard output")
    .option("-q, --quiet", "print nothing but errors")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", RUN_EXAMPLES)
    .action(async (job: string | undefined, inputs: string[], flags: CommanderFlags) => {
      const { reducers, slowStart, ...rest } = flags;
      await actions.run(job, inputs, {
        ...rest,
        ...(reducers !== undefined && { partitions: reducers }),
        ...(slowStart !== undefined && { slowstart: slowStart }),
      });
    });
  addClusterRunOptions(run);
}

type CommanderFlags = RunFlags & { readonly reducers?: string; readonly slowStart?: string };

function addInit(program: Command, actions: Actions): void {
  program
    .command("init")
    .summary("make a new project: a job, its test, a tsconfig")
    .description(
      "Makes a new project with a word count, its test and a tsconfig. Overwrites nothing.",
    )
    .usage("[DIR]")
    .argument("[DIR]", "the folder to make it in; the current one unless given")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", INIT_EXAMPLES)
    .action((folder: string | undefined) => actions.init(folder));
}

function addCerts(program: Command, actions: Actions): void {
  program
    .command("certs")
    .summary("make certificates and a token for a cluster")
    .description(
      "Makes an authority, certificates for masters, workers and clients, and a client token. " +
        "Overwrites nothing.",
    )
    .usage("DIR [options]")
    .argument("[DIR]", "the folder to make them in")
    .option("--hosts <HOSTS>", "hosts of masters and workers (default: this machine's loopback)")
    .option("--days <N>", "how long certificates are valid (default: 365)")
    .option("--ca <DIR>", "a folder made before, whose authority and token are kept")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", CERTS_EXAMPLES)
    .action((folder: string | undefined, flags: CertsFlags) => actions.certs(folder, flags));
}

function collect(word: string, words: readonly string[] | undefined): readonly string[] {
  return [...(words ?? []), word];
}
