/**
 * What is told of the cluster itself: its masters and its workers.
 */

import type { MemberId } from "../../base/ids.ts";
import { packageFacts } from "../../base/package-facts.ts";
import type { RaftStatus } from "../../raft/status.ts";
import type {
  ClusterStatus,
  MemberRole,
  MemberStatus,
  WorkerStatus,
} from "../../rpc/wire/cluster.ts";
import type { WorkerState } from "../../scheduler/state.ts";
import type { Group } from "../group/group.ts";
import type { Leader } from "../leader/leader.ts";
import { exclusionInWords } from "../leader/worker-health.ts";
import { lifeOf } from "../state/cluster-state.ts";

/** What is told of: a master, what it knows of its group, and its leader's half if it leads. */
export interface ReportedMaster {
  readonly group: Group;
  /** Where this master listens, "host:port". */
  readonly listensOn: () => string;
}

/** Who is there, and how they are; of a master that does not lead, what it knows itself. */
export function statusOf(master: ReportedMaster): ClusterStatus {
  const { reign, replica } = master.group.self;
  const { raft, snapshot } = replica.status();
  const { leader } = reign;
  return {
    leader: reign.known.leader,
    term: raft.term,
    members: membersOf(master, raft),
    workers: leader === undefined ? [] : workersOf(leader),
    version: packageFacts().version,
    lastIndex: raft.lastIndex,
    commitIndex: raft.commitIndex,
    snapshotIndex: snapshot.index,
  };
}

function membersOf(
  { group, listensOn }: ReportedMaster,
  { role, lastIndex, membership, peers }: RaftStatus,
): MemberStatus[] {
  const { addresses, id: member, reign } = group.self;
  const roleOf = (id: MemberId): MemberRole =>
    membership.learners.includes(id) ? "learner" : "follower";
  const own = addresses.textOf(member);
  const self: MemberStatus = {
    member,
    address: own === "" ? listensOn() : own,
    role: role === "leader" ? "leader" : role === "follower" ? roleOf(member) : "candidate",
    isReachable: true,
    matchIndex: lastIndex,
  };
  if (reign.leader === undefined) return [self];
  // The core goes on speaking for a moment to one that was removed.
  const all = [...membership.voters, ...membership.learners];
  const others = peers
    .filter(({ id }) => all.includes(id))
    .map(
      ({ id, isHeard, matchIndex }): MemberStatus => ({
        member: id,
        address: addresses.textOf(id),
        role: roleOf(id),
        isReachable: isHeard,
        matchIndex,
      }),
    );
  return [self, ...others].sort((a, b) => a.member - b.member);
}

function workersOf(leader: Leader): WorkerStatus[] {
  const excluded = new Map(leader.excluded.map((it) => [it.worker, it]));
  const statusOfWorker = (worker: WorkerState, heardMs: number, isLost: boolean): WorkerStatus => {
    const { name, address, slots, host, rack } = worker;
    const incarnation = lifeOf(worker.id);
    const session = leader.roster.sessions.get(incarnation);
    const sick = isLost ? undefined : excluded.get(name);
    const standing = sick !== undefined ? "excluded" : session === undefined ? "suspect" : "live";
    return {
      ...{ worker: name, incarnation, address, slots, host, rack },
      state: isLost ? "lost" : standing,
      // Short ones may wait there for a slot.
      running: Math.min(slots, session?.running ?? 0),
      silentMs: Math.max(0, leader.nowMs - heardMs),
      reason: sick === undefined ? "" : exclusionInWords(sick, leader.nowMs),
    };
  };
  const { live } = leader.state.scheduler.workers;
  return [
    ...[...live.values()].map((worker) =>
      statusOfWorker(worker, leader.roster.heardMs(lifeOf(worker.id)), false),
    ),
    ...[...leader.roster.lost.values()].map(({ worker, heardMs }) =>
      statusOfWorker(worker, heardMs, true),
    ),
  ];
}
