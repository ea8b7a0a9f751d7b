/**
 * `sheaf worker` as commander has it: its flags and its help.
 */

import type { Command } from "commander";
import { durationInWords } from "../base/duration.ts";
import { FETCH_TIMEOUT_MS_DEFAULT, SLOT_MEMORY_BYTES_DEFAULT } from "../base/limits.ts";
import { sizeInWords } from "../base/size.ts";
import type { WorkerFlags } from "./worker-flags.ts";

const WORKER_EXAMPLES = `
Examples:
  A worker beside a master, for a try:
    $ sheaf worker --masters 127.0.0.1:7077

  On a machine of its own, with certificates as "sheaf certs" makes them:
    $ sheaf worker --masters master-1:7077,master-2:7077,master-3:7077 --certs certs \\
        --listen 0.0.0.0:7078 --advertise worker-1:7078 --work-dir /var/lib/sheaf

  Four tasks at once with 1 GB for each, those first whose input is near (see located() in the API):
    $ sheaf worker --masters 127.0.0.1:7077 --slots 4 --memory 1GB --host web-3 --rack r12

Whoever may submit jobs to the cluster runs code on its workers, as the user that started them.
It ends at SIGTERM with 0 and at Ctrl-C with 130, removing its files; a second one forces it.
Exit codes: 0 ended, 1 the cluster refused it, 2 the call was wrong, 130 interrupted.
`;

/** Adds the command. */
export function addWorker(program: Command, action: (flags: WorkerFlags) => Promise<void>): void {
  program
    .command("worker")
    .summary("run tasks of a cluster on this machine")
    .description("Runs tasks for the masters of a cluster until it is ended.")
    .usage("--masters HOST:PORT,... [options]")
    .option(
      "--masters <ADDRESSES>",
      "the masters, with commas between; it finds out which one leads",
    )
    .option(
      "--work-dir <DIR>",
      "where intermediate data goes (default: the system's temporary folder)",
    )
    .option("--slots <N>", "tasks that run at once (default: the cores)")
    .option(
      "--memory <SIZE>",
      `memory of a slot (default: ${sizeInWords(SLOT_MEMORY_BYTES_DEFAULT)})`,
    )
    .option(
      "--listen <HOST:PORT>",
      "where other workers fetch from it (default: loopback, any port)",
    )
    .option("--advertise <HOST:PORT>", "how they reach it, if not as it listens")
    .option(
      "--name <NAME>",
      "its name, unlike that of any other (default: the machine's and the port)",
    )
    .option("--host <NAME>", "the machine, as jobs name it that know where their input is")
    .option("--rack <NAME>", "the rack that it is in, likewise")
    .option(
      "--fetch-timeout <TIME>",
      `end a fetch in which no byte comes (default: ${durationInWords(FETCH_TIMEOUT_MS_DEFAULT)})`,
    )
    .option("--certs <DIR>", 'its certificate and the authority, as "sheaf certs" makes them')
    .option("--json", "log a line of JSON for each event")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", WORKER_EXAMPLES)
    .action(action);
}
