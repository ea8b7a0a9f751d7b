/**
 * The group's log as a leader has it.
 */

import { REPLICA_LIMITS } from "../../replica/limits.ts";
import type { Replica } from "../../replica/replica.ts";
import type { CommandLog } from "../leader/command-log.ts";

/** What is proposed at once: some of what a member lets wait, which it turns away as a whole. */
const COMMANDS_MAX = REPLICA_LIMITS.proposalsMax / 2;
const BYTES_MAX = REPLICA_LIMITS.waitingBytesMax / 2;

/** See the head of this file. */
export function replicatedLog(replica: Pick<Replica, "proposeAll">): CommandLog {
  return {
    async append(commands) {
      for (let from = 0; from < commands.length; ) {
        const end = endOfPiece(commands, from);
        await replica.proposeAll(commands.slice(from, end));
        from = end;
      }
    },
  };
}

/** Where the commands end that go together, which is one in any case. */
function endOfPiece(commands: readonly Uint8Array[], from: number): number {
  let bytes = 0;
  for (let end = from; end < commands.length; end++) {
    bytes += commands[end]!.length;
    if (end > from && (bytes > BYTES_MAX || end - from === COMMANDS_MAX)) return end;
  }
  return commands.length;
}
