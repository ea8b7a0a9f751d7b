/**
 * What is told of the cluster itself: its masters and its workers.
 */

import type { MemberId, Term } from "../../base/ids.ts";
import { packageFacts } from "../../base/package-facts.ts";
import type { ClusterStatus, WorkerStatus } from "../../rpc/wire/cluster.ts";
import type { WorkerState } from "../../scheduler/state.ts";
import type { Leader } from "../leader/leader.ts";
import { lifeOf } from "../state/cluster-state.ts";

/** A master that leads. */
export interface LeadingMaster {
  readonly leader: Leader;
  readonly member: MemberId;
  readonly term: Term;
  /** "host:port". */
  readonly address: () => string;
}

/** Who is there, and how they are. */
export function statusOf({ leader, member, term, address }: LeadingMaster): ClusterStatus {
  const excluded = new Map(leader.excluded.map(({ worker, reason }) => [worker, reason]));
  const statusOfWorker = (worker: WorkerState, isLost: boolean): WorkerStatus => {
    const { name, address, slots, host, rack } = worker;
    const incarnation = lifeOf(worker.id);
    const session = leader.roster.sessions.get(incarnation);
    const reason = isLost ? undefined : excluded.get(name);
    const standing = reason !== undefined ? "excluded" : session === undefined ? "suspect" : "live";
    return {
      ...{ worker: name, incarnation, address, slots, host, rack },
      state: isLost ? "lost" : standing,
      running: session?.running ?? 0,
      silentMs: session === undefined ? 0 : Math.max(0, leader.nowMs - session.answeredMs),
      reason: reason ?? "",
    };
  };
  const { live } = leader.state.scheduler.workers;
  const workers = [
    ...[...live.values()].map((worker) => statusOfWorker(worker, false)),
    ...[...leader.roster.lost.values()].map((worker) => statusOfWorker(worker, true)),
  ];
  const self = {
    member,
    address: address(),
    role: "leader",
    isReachable: true,
    matchIndex: 0,
  } as const;
  return { leader: member, term, members: [self], workers, version: packageFacts().version };
}
