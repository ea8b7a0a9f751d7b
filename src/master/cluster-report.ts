/**
 * What is told of the cluster itself: its masters and its workers.
 */

import type { MemberId, Term } from "../base/ids.ts";
import { packageFacts } from "../base/package-facts.ts";
import type { ClusterStatus, WorkerStatus } from "../rpc/wire/cluster.ts";
import type { Leader } from "./leader.ts";

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
  const workers = [...leader.state.workers.values()].map((worker): WorkerStatus => {
    const session = leader.roster.sessions.get(worker.incarnation);
    return {
      worker: worker.name,
      incarnation: worker.incarnation,
      address: worker.regionAddress,
      state: worker.isLost ? "lost" : session === undefined ? "suspect" : "live",
      slots: worker.slots,
      running: session?.running ?? 0,
      silentMs: session === undefined ? 0 : Math.max(0, leader.nowMs - session.answeredMs),
      host: worker.host,
      rack: worker.rack,
      reason: "",
    };
  });
  const self = {
    member,
    address: address(),
    role: "leader",
    isReachable: true,
    matchIndex: 0,
  } as const;
  return { leader: member, term, members: [self], workers, version: packageFacts().version };
}
