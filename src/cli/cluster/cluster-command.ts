/**
 * `sheaf cluster`: who leads, who follows and who works; and the replacement of a master that will not
 * come back.
 */

import { type MemberId, memberId } from "../../base/ids.ts";
import { clusterState, replaceMaster } from "../../client/cluster-state.ts";
import { STATUS_PATIENCE } from "../../client/patience.ts";
import { addressText, parseAddress } from "../../rpc/security/address.ts";
import { MEMBER_ID_MAX } from "../../rpc/wire/attempt.ts";
import type { MemberStatus, Replacement } from "../../rpc/wire/cluster.ts";
import type { Dependencies } from "../dependencies.ts";
import { writeLines } from "../display/table.ts";
import { themeFor } from "../display/theme.ts";
import { EXIT_DONE, EXIT_UNREACHABLE } from "../exit-code.ts";
import { readCount, usage } from "../flag-values.ts";
import { expectedErrorText } from "../report-error.ts";
import { type ClusterFlags, openCluster } from "./cluster-flags.ts";
import { leaderlessLines, memberLines, statusLines } from "./cluster-lines.ts";

/** The flags as commander hands them over. */
export interface ReplaceFlags extends ClusterFlags {
  readonly id?: string;
}

/** `sheaf cluster status`; returns the exit code. Throws `USAGE` and what the cluster refuses. */
export async function clusterStatusCommand(
  flags: ClusterFlags,
  dependencies: Dependencies,
): Promise<number> {
  const cluster = openCluster(flags, dependencies, STATUS_PATIENCE);
  const { stdout, stderr, env } = dependencies;
  try {
    const state = await clusterState(cluster);
    if (state.kind === "led") {
      if (flags.json === true) stdout.write(`${JSON.stringify(state.status)}\n`);
      else writeLines(stdout, env, statusLines(state.status));
      return EXIT_DONE;
    }
    const { answers, error } = state;
    if (flags.json === true) stdout.write(`${JSON.stringify({ masters: answers })}\n`);
    else if (answers.some(({ status }) => status !== undefined)) {
      writeLines(stdout, env, leaderlessLines(answers));
    }
    stderr.write(expectedErrorText(error.message, themeFor(stderr, env)));
    return EXIT_UNREACHABLE;
  } finally {
    cluster.close();
  }
}

/** `sheaf cluster replace 2=host:port`; returns the exit code. */
export async function clusterReplaceCommand(
  words: string | undefined,
  flags: ReplaceFlags,
  dependencies: Dependencies,
): Promise<number> {
  const { old, newAddress } = readReplacement(words);
  const given = readCount("--id", flags.id, 1, MEMBER_ID_MAX);
  const cluster = openCluster(flags, dependencies);
  const { stdout, stderr, env } = dependencies;
  try {
    const state = await clusterState(cluster);
    if (state.kind === "leaderless") throw state.error;
    const { members } = state.status;
    const known = members.map(({ member }) => member);
    if (!known.includes(old)) {
      throw usage(`There is no master ${old} to replace: the masters are ${known.join(", ")}.`);
    }
    const replacement: Replacement = {
      old,
      new: given === undefined ? newMemberOf(members, old, newAddress) : memberId(given),
      newAddress,
    };
    if (flags.json !== true) {
      stderr.write(
        `Master ${replacement.new} at ${newAddress} is to take the place of master ${old}; it ` +
          `must run as --id ${replacement.new}. Waiting until it has the log and a vote.\n`,
      );
    }
    const now = await replaceMaster(cluster, replacement);
    if (flags.json === true) stdout.write(`${JSON.stringify({ ...replacement, members: now })}\n`);
    else writeLines(stdout, env, memberLines(now));
    return EXIT_DONE;
  } finally {
    cluster.close();
  }
}

/** The next number; or that of a new master that has begun to join, where a replacement goes on. */
function newMemberOf(
  members: readonly MemberStatus[],
  old: MemberId,
  newAddress: string,
): MemberId {
  const next = memberId(Math.max(...members.map(({ member }) => member)) + 1);
  const joining = members.find(({ role, member }) => role === "learner" && member !== old);
  if (joining === undefined) return next;
  const { member, address } = joining;
  if (address === newAddress) return member;
  throw usage(
    `Master ${member} at ${address} is on its way into the group already. Add --id ${member} to go on ` +
      `with it at ${newAddress}, or --id ${next} for another one.`,
  );
}

const REPLACE_USAGE = "sheaf cluster replace OLD_ID=HOST:PORT [options]";

function readReplacement(words: string | undefined): Pick<Replacement, "old" | "newAddress"> {
  if (words === undefined) throw usage(`No master was given to replace. Usage: ${REPLACE_USAGE}`);
  const [, id, place] = /^(\d+)=(.*)$/.exec(words) ?? [];
  if (id === undefined || place === undefined || Number(id) < 1 || Number(id) > MEMBER_ID_MAX) {
    throw usage(
      `"${words}" names no master: write the number of the one that goes, "=", and where ` +
        "the new one listens, such as 2=10.0.0.4:7077.",
    );
  }
  return {
    old: memberId(Number(id)),
    newAddress: addressText(parseAddress("The new master", place)),
  };
}
