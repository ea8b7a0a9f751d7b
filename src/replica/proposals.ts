/**
 * What was proposed here and is not applied: where it stands in the log, and who waits for it. What
 * the core has no room for yet waits in front of it, in order, within a bound.
 *
 * What always holds: a proposal resolves only when the entry of its index *and its term* is applied
 * here; another entry at its index, or the loss of the lead, rejects it.
 */

import type { LogIndex, Term } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import type { Raft } from "../raft/raft.ts";
import type { Proposal, RefusalReason } from "../raft/refusal.ts";
import type { ReplicaLimits } from "./limits.ts";
import type { Settle } from "./options.ts";
import { type KnownLeader, leadershipLost, refused, tooManyProposals } from "./refused.ts";

interface InLog extends Settle {
  readonly term: Term;
}

interface Waiting extends Settle {
  readonly command: Uint8Array;
}

/** These pass; whoever waits in order may go on to wait. */
const PASSING: ReadonlySet<RefusalReason> = new Set(["overloaded", "transferring"]);

export class Proposals {
  readonly #raft: Raft;
  readonly #limits: ReplicaLimits;
  readonly #inLog = new Map<LogIndex, InLog>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  constructor(raft: Raft, limits: ReplicaLimits) {
    this.#raft = raft;
    this.#limits = limits;
  }

  get count(): number {
    return this.#inLog.size + this.#waiting.length;
  }

  /** Proposes commands in order. All of them are turned away where there are too many. */
  proposeAll(commands: readonly Uint8Array[]): Promise<void>[] {
    if (this.count + commands.length > this.#limits.proposalsMax) {
      return [Promise.reject(tooManyProposals(this.count))];
    }
    return commands.map((command) => settledLater((settle) => this.#take({ command, ...settle })));
  }

  /** Waits for a proposal that the core has been made in another way. */
  follow(proposal: Proposal): Promise<void> {
    return settledLater((settle) => this.#settleLater(proposal, settle));
  }

  /** There may be room by now for what waits. */
  goOn(): void {
    let taken = 0;
    for (; taken < this.#waiting.length; taken++) {
      const next = this.#waiting[taken]!;
      const proposal = this.#raft.propose(next.command);
      if (!proposal.accepted && PASSING.has(proposal.reason)) break;
      this.#waitingBytes -= next.command.length;
      this.#settleLater(proposal, next);
    }
    if (taken > 0) this.#waiting.splice(0, taken);
  }

  /** An entry was applied here. */
  applied({ index, term }: LogEntry, leader: KnownLeader): void {
    const mine = this.#inLog.get(index);
    if (mine === undefined) return;
    this.#inLog.delete(index);
    if (mine.term === term) mine.resolve();
    else mine.reject(leadershipLost(leader));
  }

  /** This member does not lead the term any more in which they were proposed. */
  leadershipLost(leader: KnownLeader): void {
    // What only waited has never been in the log.
    const waiting = { accepted: false, reason: "not-leader", leader: leader.leader } as const;
    this.#rejectAll(leadershipLost(leader), refused(waiting, leader.term));
  }

  /** Nothing is proposed or applied here any more. */
  end(error: unknown): void {
    this.#rejectAll(error, error);
  }

  #take(waiting: Waiting): void {
    if (this.#waiting.length > 0) {
      this.#wait(waiting);
      return;
    }
    const proposal = this.#raft.propose(waiting.command);
    if (!proposal.accepted && PASSING.has(proposal.reason)) this.#wait(waiting);
    else this.#settleLater(proposal, waiting);
  }

  #wait(waiting: Waiting): void {
    const bytes = this.#waitingBytes + waiting.command.length;
    if (bytes > this.#limits.waitingBytesMax) {
      waiting.reject(tooManyProposals(this.count));
      return;
    }
    this.#waitingBytes = bytes;
    this.#waiting.push(waiting);
  }

  #settleLater(proposal: Proposal, { resolve, reject }: Settle): void {
    if (proposal.accepted)
      this.#inLog.set(proposal.index, { term: proposal.term, resolve, reject });
    else reject(refused(proposal, this.#raft.status().term));
  }

  #rejectAll(inLog: unknown, waiting: unknown): void {
    for (const { reject } of this.#inLog.values()) reject(inLog);
    for (const { reject } of this.#waiting) reject(waiting);
    this.#inLog.clear();
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** A promise for whose end `begin` cares. What that throws is a bug, and not the promise's end. */
function settledLater(begin: (settle: Settle) => void): Promise<void> {
  let settle: Settle | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  begin(settle!);
  return promise;
}
