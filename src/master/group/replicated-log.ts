/**
 * The group's log as a leader has it.
 */

import type { Replica } from "../../replica/replica.ts";
import type { CommandLog } from "../leader/command-log.ts";
import { encodeCommand } from "../state/command-codec.ts";

/** See the head of this file. */
export function replicatedLog(replica: Pick<Replica, "proposeAll">): CommandLog {
  return { append: (commands) => replica.proposeAll(commands.map(encodeCommand)) };
}
