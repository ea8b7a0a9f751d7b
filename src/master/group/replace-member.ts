/**
 * Puts a new master in the place of another: it follows first, until it has the log, then gets its
 * vote, and then the old one goes. Each change is committed before the next begins, so there is a
 * majority at every moment, and a replacement that was cut off is gone on with by asking again.
 */

import { type Pace, pause, REAL_PACE } from "../../base/backoff.ts";
import { SheafError } from "../../base/error.ts";
import type { MembershipChange } from "../../raft/membership.ts";
import type { RefusalReason } from "../../raft/refusal.ts";
import type { Replica } from "../../replica/replica.ts";
import { parseAddress } from "../../rpc/security/address.ts";
import type { Replacement } from "../../rpc/wire/cluster.ts";
import { encodeCommand } from "../state/command-codec.ts";
import type { MemberAddresses } from "./member-addresses.ts";

/** Between two looks at whether the new master has the log. */
const LOOK_MS = 200;
/** For it to start, and to get a log of gigabytes. */
const CATCH_UP_MS = 14 * 60_000;

/** The leader's part in the group. */
export interface ReplacingMember {
  readonly replica: Replica;
  readonly addresses: Pick<MemberAddresses, "textOf">;
}

/** @throws SheafError `USAGE` for what cannot be, `CLUSTER_UNREACHABLE`, `NOT_LEADER`. */
export async function replaceMember(
  { replica, addresses }: ReplacingMember,
  { old, new: fresh, newAddress }: Replacement,
  pace: Pace = REAL_PACE,
): Promise<void> {
  const { voters, learners } = replica.status().raft.membership;
  parseAddress("the new master's address", newAddress);
  if (!voters.includes(old) && !voters.includes(fresh)) {
    const message = `There is no master ${old} in the group: "sheaf cluster" shows those there are.`;
    throw new SheafError("USAGE", message);
  }
  if (old === fresh) {
    throw new SheafError(
      "USAGE",
      `A new master has a number that the group has never had: not ${old}.`,
    );
  }
  const others = [...voters, ...learners].filter((id) => id !== old && id !== fresh);
  const there = others.find((id) => addresses.textOf(id) === newAddress);
  if (there !== undefined) {
    throw new SheafError(
      "USAGE",
      `Master ${there} is at ${newAddress} already. Name where the new master listens; if ${there} is ` +
        `the new one, and only the old one is left to go, add --id ${there}.`,
    );
  }
  await replica.propose(
    encodeCommand({ type: "set-member-address", member: fresh, address: newAddress }),
  );
  if (!voters.includes(fresh) && !learners.includes(fresh)) {
    await change(replica, { kind: "add-learner", member: fresh }, "already-member");
  }
  await promoted(replica, fresh, newAddress, pace);
  await change(replica, { kind: "remove", member: old }, "unknown-member");
  await replica.propose(
    encodeCommand({ type: "set-member-address", member: old, address: undefined }),
  );
}

async function promoted(
  replica: Replica,
  member: Replacement["new"],
  address: string,
  pace: Pace,
): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    try {
      return await change(replica, { kind: "promote", member }, "already-voter");
    } catch (thrown) {
      if (!isReason(thrown, "not-caught-up")) throw thrown;
      if (waitedMs < CATCH_UP_MS) await pause(pace, LOOK_MS);
      else throw silent(member, address);
    }
  }
}

/** A change that was made before, by the same wish, is no trouble. */
async function change(
  replica: Replica,
  wanted: MembershipChange,
  done: RefusalReason,
): Promise<void> {
  try {
    await replica.changeMembership(wanted);
  } catch (thrown) {
    if (!isReason(thrown, done)) throw thrown;
  }
}

function isReason(thrown: unknown, reason: RefusalReason): boolean {
  return thrown instanceof SheafError && thrown.data.reason === reason;
}

function silent(member: Replacement["new"], address: string): SheafError {
  return new SheafError(
    "CLUSTER_UNREACHABLE",
    `Master ${member} at ${address} does not have the log after ${CATCH_UP_MS / 60_000} minutes. Start ` +
      `it with --join, check that the others reach it, and ask again.`,
  );
}
