/**
 * The state of the cluster itself, in messages.
 */

import type { Incarnation, MemberId, Term, WorkerName } from "../../base/ids.ts";
import { SLOTS_MAX } from "../../base/limits.ts";
import * as wire from "../generated/sheaf/v1/cluster.ts";
import { LINE_CHARS_MAX, MEMBERS_MAX, WORKERS_MAX } from "../limits.ts";
import { incarnationFromWire, memberFromWire, termFromWire, workerFromWire } from "./attempt.ts";
import { address, choice, count, list, numberOf, text } from "./checks.ts";
import { emptyForm, form } from "./form.ts";

/** As one master knows it. */
export interface ClusterStatus {
  readonly leader: MemberId | undefined;
  readonly term: Term;
  readonly members: readonly MemberStatus[];
  readonly workers: readonly WorkerStatus[];
  readonly version: string;
  /** The log of the master that answers: its last entry, how far it is committed... */
  readonly lastIndex: number;
  readonly commitIndex: number;
  /** ...and up to where a snapshot stands for it. */
  readonly snapshotIndex: number;
}

export type MemberRole = "unknown" | "leader" | "follower" | "candidate" | "learner";

export interface MemberStatus {
  readonly member: MemberId;
  /** "host:port". */
  readonly address: string;
  readonly role: MemberRole;
  readonly isReachable: boolean;
  /** The last entry of the log that it is known to have. */
  readonly matchIndex: number;
}

export type WorkerStanding = "live" | "suspect" | "lost" | "excluded";

export interface WorkerStatus {
  readonly worker: WorkerName;
  readonly incarnation: Incarnation;
  /** "host:port". */
  readonly address: string;
  readonly state: WorkerStanding;
  readonly slots: number;
  readonly running: number;
  /** Since it last answered a ping. */
  readonly silentMs: number;
  readonly host: string;
  readonly rack: string;
  /** Why it is excluded; empty if it is not. */
  readonly reason: string;
}

/** One master in the place of another. */
export interface Replacement {
  readonly old: MemberId;
  readonly new: MemberId;
  /** Where the new one listens, "host:port". */
  readonly newAddress: string;
}

const ROLES: Readonly<Record<MemberRole, wire.MemberRole>> = {
  unknown: wire.MemberRole.UNSPECIFIED,
  leader: wire.MemberRole.LEADER,
  follower: wire.MemberRole.FOLLOWER,
  candidate: wire.MemberRole.CANDIDATE,
  learner: wire.MemberRole.LEARNER,
};

const STATES: Readonly<Record<WorkerStanding, wire.WorkerState>> = {
  live: wire.WorkerState.LIVE,
  suspect: wire.WorkerState.SUSPECT,
  lost: wire.WorkerState.LOST,
  excluded: wire.WorkerState.EXCLUDED,
};

function statusToWire(status: ClusterStatus): wire.StatusResponse {
  return {
    leaderId: status.leader,
    term: status.term,
    members: status.members.map(memberStatusToWire),
    workers: status.workers.map(({ worker, state, silentMs, ...rest }) => ({
      ...rest,
      workerName: worker,
      state: numberOf(state, STATES),
      silentMs: Math.round(silentMs),
    })),
    version: status.version,
    lastIndex: status.lastIndex,
    commitIndex: status.commitIndex,
    snapshotIndex: status.snapshotIndex,
  };
}

function statusFromWire(status: wire.StatusResponse): ClusterStatus {
  const { leaderId } = status;
  return {
    leader: leaderId === undefined ? undefined : memberFromWire("leader_id", leaderId),
    term: termFromWire("term", status.term),
    members: membersFromWire(status.members),
    workers: list("workers", status.workers, WORKERS_MAX, workerStatusFromWire),
    version: text("version", status.version),
    lastIndex: count("last_index", status.lastIndex),
    commitIndex: count("commit_index", status.commitIndex),
    snapshotIndex: count("snapshot_index", status.snapshotIndex),
  };
}

function memberStatusToWire(status: MemberStatus): wire.MemberStatus {
  const { member, role, ...rest } = status;
  return { ...rest, memberId: member, role: numberOf(role, ROLES) };
}

function membersFromWire(members: readonly wire.MemberStatus[]): MemberStatus[] {
  return list("members", members, MEMBERS_MAX, (field, it) => ({
    member: memberFromWire(`${field}.member_id`, it.memberId),
    address: address(`${field}.address`, it.address),
    role: choice(`${field}.role`, it.role, ROLES),
    isReachable: it.isReachable,
    matchIndex: count(`${field}.match_index`, it.matchIndex),
  }));
}

function workerStatusFromWire(field: string, it: wire.WorkerStatus): WorkerStatus {
  return {
    worker: workerFromWire(`${field}.worker_name`, it.workerName),
    incarnation: incarnationFromWire(`${field}.incarnation`, it.incarnation),
    address: address(`${field}.address`, it.address),
    state: choice(`${field}.state`, it.state, STATES),
    slots: count(`${field}.slots`, it.slots, SLOTS_MAX),
    running: count(`${field}.running`, it.running, SLOTS_MAX),
    silentMs: count(`${field}.silent_ms`, it.silentMs),
    host: text(`${field}.host`, it.host),
    rack: text(`${field}.rack`, it.rack),
    reason: text(`${field}.reason`, it.reason, LINE_CHARS_MAX),
  };
}

function replacementToWire(replacement: Replacement): wire.ReplaceRequest {
  return {
    oldMemberId: replacement.old,
    newMemberId: replacement.new,
    newAddress: replacement.newAddress,
  };
}

function replacementFromWire(request: wire.ReplaceRequest): Replacement {
  return {
    old: memberFromWire("old_member_id", request.oldMemberId),
    new: memberFromWire("new_member_id", request.newMemberId),
    newAddress: address("new_address", request.newAddress),
  };
}

export const statusRequestForm = emptyForm(wire.StatusRequest, {});

export const statusForm = form<ClusterStatus, wire.StatusResponse>(
  wire.StatusResponse,
  statusToWire,
  statusFromWire,
);

export const replaceForm = form<Replacement, wire.ReplaceRequest>(
  wire.ReplaceRequest,
  replacementToWire,
  replacementFromWire,
);

export const replacedForm = form<readonly MemberStatus[], wire.ReplaceResponse>(
  wire.ReplaceResponse,
  (members) => ({ members: members.map(memberStatusToWire) }),
  ({ members }) => membersFromWire(members),
);
