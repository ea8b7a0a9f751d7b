/**
 * The commands about a cluster, their flags and help. What they do is handed in: nothing of the
 * cluster is loaded before one of them is called.
 */

import { type Command, Option } from "commander";
import { durationInWords } from "../../base/duration.ts";
import { PATIENCE, STATUS_PATIENCE } from "../../client/patience.ts";
import type { ReplaceFlags } from "./cluster-command.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import type { JobsFlags } from "./jobs-command.ts";
import type { LogsFlags } from "./logs-command.ts";
import type { StatusFlags } from "./status-command.ts";

/** What the commands do. */
export interface ClusterActions {
  jobs(flags: JobsFlags): Promise<void>;
  status(job: string | undefined, flags: StatusFlags): Promise<void>;
  logs(job: string | undefined, flags: LogsFlags): Promise<void>;
  cancel(job: string | undefined, flags: ClusterFlags): Promise<void>;
  clusterStatus(flags: ClusterFlags): Promise<void>;
  clusterReplace(replacement: string | undefined, flags: ReplaceFlags): Promise<void>;
}

const EXIT_CODES = "Exit codes: 0 done, 2 the call was wrong, 3 the cluster is out of reach.";

/** How long is looked for a leader, by default; where a job is followed, also for one that was lost. */
const WAIT_ONCE = durationInWords(PATIENCE.answerMs);
const WAIT_STATUS = durationInWords(STATUS_PATIENCE.answerMs);
const WAIT_FOLLOWING = `${WAIT_ONCE}, or ${durationInWords(PATIENCE.returnMs)} for a lost one`;

/** The flags that say which cluster, who asks, and how patiently. */
function addClusterOptions(command: Command, waitDefault: string): Command {
  return addIdentityOptions(
    command.option(
      "--masters <HOST:PORT,...>",
      "the masters, any of them (default: $SHEAF_MASTERS)",
    ),
    waitDefault,
  );
}

function addIdentityOptions(command: Command, waitDefault: string): Command {
  return command
    .option("--certs <DIR>", "what `sheaf certs` made for clients (default: $SHEAF_CERTS)")
    .option("--token-file <FILE>", "a file with the client token (default: $SHEAF_TOKEN)")
    .option("--wait <TIME>", `time to look for a leader (default: ${waitDefault})`);
}

/** The flags of `sheaf run` that are about a cluster. */
export function addClusterRunOptions(command: Command): void {
  command
    .optionsGroup("On a cluster:")
    .option("--masters <HOST:PORT,...>", "run the job there: the masters, any of them")
    .option("--detach", "submit the job, print its id on standard output, and leave")
    .option("--priority <N>", "jobs of a higher one come first, -100 to 100 (default: 0)")
    .option("--slowstart <SHARE>", "maps that are completed before reduces start, 0 to 1")
    .addOption(new Option("--slow-start <SHARE>").conflicts("slowstart").hideHelp());
  addIdentityOptions(command, WAIT_FOLLOWING);
}

/** Adds them all, in a group of their own. */
export function addClusterCommands(program: Command, actions: ClusterActions): void {
  program.commandsGroup("On a cluster:");
  addJobs(program, actions);
  addStatus(program, actions);
  addLogs(program, actions);
  addCancel(program, actions);
  addCluster(program, actions);
}

const JOBS_EXAMPLES = `
Examples:
  The youngest jobs, as a table:
    $ sheaf jobs --masters 10.0.0.1:7077,10.0.0.2:7077 --certs certs

  The ids of all that run, for a program:
    $ export SHEAF_MASTERS=10.0.0.1:7077,10.0.0.2:7077 SHEAF_TOKEN=...
    $ sheaf jobs --certs certs --limit 1000 --json | jq -r 'select(.state == "running").job'

With --json each line is a job: job, name, state (pending, running, succeeded, failed, cancelled),
submittedMs and endedMs (since 1970, by the leader's clock), priority, map and reduce (tasks,
completed, running, records, bytes, ...), runningAttempts, output.
${EXIT_CODES}
`;

function addJobs(program: Command, actions: ClusterActions): void {
  addClusterOptions(
    program
      .command("jobs")
      .summary("list the jobs of a cluster")
      .description("Lists the jobs of a cluster, the youngest first.")
      .usage("[options]")
      .option("-n, --limit <N>", "how many at the most (default: 100)"),
    WAIT_ONCE,
  )
    .option("--json", "print each as a line of JSON")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", JOBS_EXAMPLES)
    .action((flags: JobsFlags) => actions.jobs(flags));
}

const STATUS_EXAMPLES = `
Examples:
  What a job does now, what went wrong so far, how it ended:
    $ sheaf status j-0123456789abcdef --masters 10.0.0.1:7077

  The display of a job that was submitted before, until it ends:
    $ job=$(sheaf run word-count.ts /data/texts -o /data/counts --masters 10.0.0.1:7077 --detach)
    $ sheaf status "$job" --follow --masters 10.0.0.1:7077

Without --follow, --json prints one document: summary (as a line of "sheaf jobs --json"), step,
running, failures, ended, lastSequence. With it, the events of the job as "sheaf run --json" does,
from the first on. Ctrl-C leaves the job alone.
Exit codes: 0 done, 2 the call was wrong, 3 the cluster is out of reach; with --follow, also those
of "sheaf run": 1 the job failed, 130 interrupted.
`;

function addStatus(program: Command, actions: ClusterActions): void {
  addClusterOptions(
    program
      .command("status")
      .summary("show a job of a cluster, or follow it to its end")
      .description("Shows all about a job of a cluster, or follows it to its end.")
      .usage("JOB [options]")
      .argument("[JOB]", "the job's id, as `sheaf jobs` lists it")
      .option("-f, --follow", "show it as `sheaf run` does, until it ends"),
    WAIT_FOLLOWING,
  )
    .option("--json", "print a document of JSON, or with --follow every event as a line")
    .option("-q, --quiet", "with --follow: print nothing but errors")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", STATUS_EXAMPLES)
    .action((job: string | undefined, flags: StatusFlags) => actions.status(job, flags));
}

const LOGS_EXAMPLES = `
Examples:
  All that a job has written so far:
    $ sheaf logs j-0123456789abcdef --masters 10.0.0.1:7077

  One map task, in all its attempts:
    $ sheaf logs j-0123456789abcdef --task map/3 --masters 10.0.0.1:7077

  The reduces, as they end, until the job does:
    $ sheaf logs j-0123456789abcdef --task reduce --follow --masters 10.0.0.1:7077

Each line stands behind the name of its attempt. With --json each line is a piece of text: job (the
run of the step), phase, task, attempt, worker, text.
${EXIT_CODES}
`;

function addLogs(program: Command, actions: ClusterActions): void {
  addClusterOptions(
    program
      .command("logs")
      .summary("print what the attempts of a job wrote to the console")
      .description("Prints what the attempts of a job wrote to the console, as far as it is kept.")
      .usage("JOB [options]")
      .argument("[JOB]", "the job's id, as `sheaf jobs` lists it")
      .option("-f, --follow", "go on as attempts end, until the job does")
      .option("--task <TASK>", "one task, such as map/3, or one phase, such as reduce"),
    WAIT_FOLLOWING,
  )
    .option("--json", "print each piece as a line of JSON")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", LOGS_EXAMPLES)
    .action((job: string | undefined, flags: LogsFlags) => actions.logs(job, flags));
}

const CANCEL_EXAMPLES = `
Examples:
  $ sheaf cancel j-0123456789abcdef --masters 10.0.0.1:7077

Cancelling a job that has ended changes nothing. With --json: job, and state, where it stands now.
${EXIT_CODES}
`;

function addCancel(program: Command, actions: ClusterActions): void {
  addClusterOptions(
    program
      .command("cancel")
      .summary("end a job of a cluster")
      .description("Ends a job of a cluster. Nothing of it is in its output folder then.")
      .usage("JOB [options]")
      .argument("[JOB]", "the job's id, as `sheaf jobs` lists it"),
    WAIT_ONCE,
  )
    .option("--json", "print where the job stands as JSON")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", CANCEL_EXAMPLES)
    .action((job: string | undefined, flags: ClusterFlags) => actions.cancel(job, flags));
}

const CLUSTER_EXAMPLES = `
Examples:
  $ sheaf cluster --masters 10.0.0.1:7077         the same as "sheaf cluster status"
  $ sheaf cluster status --help                   every option, with more examples
`;

const CLUSTER_STATUS_EXAMPLES = `
Examples:
  Masters and workers, as the leader sees them:
    $ sheaf cluster --masters 10.0.0.1:7077,10.0.0.2:7077,10.0.0.3:7077

  The workers that are not well, for a program:
    $ sheaf cluster status --masters 10.0.0.1:7077 --json |
        jq -r '.workers[] | select(.state != "live").worker'

With --json it prints one document: leader, term, members, workers, version. Where no master leads,
each is asked for what it knows itself, which is printed (with --json as "masters": peer, status,
reason), and the exit code is 3.
${EXIT_CODES}
`;

const CLUSTER_REPLACE_EXAMPLES = `
Examples:
  Master 2 is lost for good; a new one, started as master 4, takes its place:
    $ sheaf cluster replace 2=10.0.0.4:7077 --masters 10.0.0.1:7077,10.0.0.3:7077

The new master gets the log first and the vote of the old one then, so that there is a majority at
every moment. It has a number that the group has never had: the next one, or that of --id.
${EXIT_CODES}
`;

function addCluster(program: Command, actions: ClusterActions): void {
  const cluster = program
    .command("cluster")
    .summary("show masters and workers; replace a master")
    .description("Shows who leads, who follows and who works, or replaces a master.")
    .usage("[status | replace] [options]")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", CLUSTER_EXAMPLES);
  addClusterOptions(
    cluster
      .command("status", { isDefault: true })
      .summary("show masters and workers (what `sheaf cluster` does)")
      .description("Shows the masters and the workers of a cluster.")
      .usage("[options]"),
    WAIT_STATUS,
  )
    .option("--json", "print a document of JSON")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", CLUSTER_STATUS_EXAMPLES)
    .action((flags: ClusterFlags) => actions.clusterStatus(flags));
  addClusterOptions(
    cluster
      .command("replace")
      .summary("put a new master in the place of a lost one")
      .description("Puts a new master in the place of one that will not come back.")
      .usage("OLD_ID=HOST:PORT [options]")
      .argument(
        "[OLD_ID=HOST:PORT]",
        "the number of the one that goes, and where the new one listens",
      )
      .option(
        "--id <N>",
        "the number of the new one (default: the next, or that of one that joins already)",
      ),
    WAIT_ONCE,
  )
    .option("--json", "print the masters as they are then as JSON")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", CLUSTER_REPLACE_EXAMPLES)
    .action((replacement: string | undefined, flags: ReplaceFlags) =>
      actions.clusterReplace(replacement, flags),
    );
}
