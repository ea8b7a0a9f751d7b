/**
 * `sheaf master` as commander has it: its flags and its help.
 */

import type { Command } from "commander";
import { durationInWords } from "../base/duration.ts";
import {
  MASTER_LISTEN_DEFAULT,
  PING_INTERVAL_MS_DEFAULT,
  PING_TIMEOUT_MS_DEFAULT,
} from "./master-defaults.ts";
import type { MasterFlags } from "./master-flags.ts";

const MASTER_EXAMPLES = `
Examples:
  A master for a try, with two workers and a job, each in a terminal of its own:
    $ sheaf master --data master-data
    $ sheaf worker --masters 127.0.0.1:7077 --slots 1
    $ sheaf worker --masters 127.0.0.1:7077 --slots 1
    $ sheaf run word-count.ts texts/ -o counts --masters 127.0.0.1:7077

  For other machines, with certificates and a token as "sheaf certs" makes them:
    $ sheaf master --data /var/lib/sheaf --listen 0.0.0.0:7077 --certs certs

  Three masters, of which any one may die (each with its own --id and --data):
    $ sheaf master --id 1 --peers 1=10.0.0.1:7077,2=10.0.0.2:7077,3=10.0.0.3:7077 \\
        --listen 0.0.0.0:7077 --certs certs --data /var/lib/sheaf

  A new one in the place of one that is lost for good; then "sheaf cluster replace" gives it its vote:
    $ sheaf master --id 4 --join --peers 1=10.0.0.1:7077,3=10.0.0.3:7077,4=10.0.0.4:7077 \\
        --listen 0.0.0.0:7077 --certs certs --data /var/lib/sheaf

Inputs and outputs must lie where the masters and all workers see them under the same path, or on S3.
A master that ends, in whichever way, and is started again with the same --data goes on with its jobs.
Whoever may submit jobs runs code on the workers, and, to plan them, in threads of the master.
Exit codes: 0 ended, 1 it could not go on, 2 the call was wrong, 130 interrupted.
`;

/** Adds the command. */
export function addMaster(program: Command, action: (flags: MasterFlags) => Promise<void>): void {
  program
    .command("master")
    .summary("lead a cluster of workers")
    .description("Takes jobs from clients and has workers run them, until it is ended.")
    .usage("--data DIR [options]")
    .option("--data <DIR>", "the folder for what it keeps")
    .option("--listen <HOST:PORT>", `where it is called (default: ${MASTER_LISTEN_DEFAULT})`)
    .option("--id <N>", "its number in a group of masters (default: 1)")
    .option("--peers <ID=HOST:PORT,...>", "all masters of its group, itself included")
    .option("--join", "join a group that is there: begin with nothing, and learn from the others")
    .option("--certs <DIR>", "its certificate, the authority's and the clients' token")
    .option(
      "--ping-interval <TIME>",
      `how often workers are pinged (default: ${durationInWords(PING_INTERVAL_MS_DEFAULT)})`,
    )
    .option(
      "--ping-timeout <TIME>",
      `silence after which one is given up (default: ${durationInWords(PING_TIMEOUT_MS_DEFAULT)})`,
    )
    .option("--json", "say what happens as NDJSON, on standard error")
    .addHelpText("after", MASTER_EXAMPLES)
    .action(async (flags: MasterFlags) => action(flags));
}
