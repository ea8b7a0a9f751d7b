/**
 * `sheaf doctor` as commander has it: its flags and its help.
 */

import type { Command } from "commander";
import type { DoctorFlags } from "./doctor-command.ts";

const DOCTOR_EXAMPLES = `
Examples:
  What the data of a master that is not running is worth:
    $ sheaf doctor /var/lib/sheaf/master

  The same for a program:
    $ sheaf doctor /var/lib/sheaf/master --json | jq .verdict

It reads every byte and changes none. There is no repair: to cut off what is damaged could undo what
the cluster has decided. A damaged master gets its data back from the others when it is started.
Exit codes: 0 all is as it was written, 1 something is damaged or cannot be read, 2 the call was wrong.
`;

/** Adds the command. */
export function addDoctor(
  program: Command,
  action: (folder: string | undefined, flags: DoctorFlags) => Promise<void>,
): void {
  program
    .command("doctor")
    .summary("examine the data folder of a master")
    .description("Tells what the data folder of a master holds, and whether any of it is damaged.")
    .usage("DIR [options]")
    .argument("[DIR]", "the folder that --data named; its master must not run")
    .option("--json", "print one object of JSON")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", DOCTOR_EXAMPLES)
    .action(action);
}
