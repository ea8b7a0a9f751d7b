/**
 * A member of the masters' group: the pure core (raft/) driven over the durable log (storage/), a
 * clock and a transport. Here is what others may ask of it; ready-loop.ts does what the core wants
 * done, so that one write to the disk serves all that was proposed during the last.
 *
 *     propose, read, receive, tick ──▶ core ──▶ Ready ──▶ persist ──▶ send ──▶ apply ──▶ advance
 *                                        └──▶ what may be sent at once, also while a Ready is done
 *
 * What always holds: commands are applied in the order of the log, each once in a life; whoever waits
 * hears how it ended; after anything that fails in here nothing more is done.
 */

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { MembershipChange } from "../raft/membership.ts";
import type { Message } from "../raft/message.ts";
import { Raft } from "../raft/raft.ts";
import type { RaftStatus } from "../raft/status.ts";
import { loadSnapshot } from "./applier.ts";
import { REAL_REPLICA_CLOCK } from "./clock.ts";
import { Leadership } from "./leadership.ts";
import { REPLICA_LIMITS } from "./limits.ts";
import { LogGrowth } from "./log-growth.ts";
import {
  ELECTION_TICKS_DEFAULT,
  type ReplicaOptions,
  type ReplicaParts,
  type SnapshotStatus,
  TICK_MS_DEFAULT,
} from "./options.ts";
import { OwnSnapshots } from "./own-snapshots.ts";
import { Proposals } from "./proposals.ts";
import { Reads } from "./reads.ts";
import { ReadyLoop } from "./ready-loop.ts";
import { noQuorum, refused, replicaClosed } from "./refused.ts";
import { SnapshotSource } from "./snapshot-source.ts";

/** What a replica knows, for people and for metrics. */
export interface ReplicaStatus {
  readonly raft: RaftStatus;
  /** Where the machine is: behind the core's own while a snapshot that came in is being loaded. */
  readonly appliedIndex: LogIndex;
  /** The term that this member leads and may act in. */
  readonly actsIn: Term | undefined;
  /** Proposed here, and not applied. */
  readonly proposals: number;
  readonly snapshot: SnapshotStatus;
}

/** See the head of this file. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #parts: ReplicaParts;
  readonly #raft: Raft;
  readonly #leadership: Leadership;
  readonly #growth: LogGrowth;
  readonly #proposals: Proposals;
  readonly #reads: Reads;
  readonly #source: SnapshotSource;
  readonly #snapshots: OwnSnapshots;
  readonly #loop: ReadyLoop;
  readonly #stopTicking: () => void;
  /** Why nothing more is done. */
  #end: { readonly error: unknown } | undefined;

  /**
   * Brings the machine to the youngest snapshot, and begins. The entries behind it, as far as they
   * are known to be committed, are applied next; no callback comes before this has resolved.
   *
   * @throws SheafError `DATA_FAILED`, and what the machine throws at bytes that are no state.
   */
  static async start(options: ReplicaOptions): Promise<Replica> {
    const { log, machine, onLogged } = options;
    const restored = log.restore();
    if (restored.snapshot.index > 0) await loadSnapshot({ log, machine }, restored.snapshot.index);
    for (const { kind, index, data } of restored.entries) {
      if (kind === "command" && index > restored.hardState.commitIndex) onLogged?.(data);
    }
    const raft = new Raft({
      id: options.member,
      restored,
      random: options.random ?? Math.random,
      electionTicks: options.electionTicks ?? ELECTION_TICKS_DEFAULT,
      ...(options.heartbeatTicks !== undefined && { heartbeatTicks: options.heartbeatTicks }),
      ...(options.raftLimits && { limits: options.raftLimits }),
      recovering: log.isRecovering,
    });
    if (restored.snapshot.index > 0) raft.snapshotSaved(log.snapshot);
    return new Replica(options, raft);
  }

  private constructor(options: ReplicaOptions, raft: Raft) {
    this.#options = options;
    this.#raft = raft;
    const parts = this.#partsOf(options);
    this.#parts = parts;
    const { clock, limits, log } = parts;
    const { meta, sizeBytes } = log.snapshot;
    this.#leadership = new Leadership(options.observer);
    this.#growth = new LogGrowth(limits, parts.random, meta.index, sizeBytes);
    this.#proposals = new Proposals(raft, limits);
    this.#reads = new Reads(raft, clock, limits);
    this.#source = new SnapshotSource(parts, options.transport);
    this.#snapshots = new OwnSnapshots(parts, {
      raft,
      growth: this.#growth,
      source: this.#source,
      wake: () => this.#loop.wake(),
    });
    this.#loop = new ReadyLoop(parts, {
      ...{ raft, transport: options.transport, leadership: this.#leadership },
      ...{ growth: this.#growth, proposals: this.#proposals, reads: this.#reads },
      ...{ source: this.#source, snapshots: this.#snapshots },
    });
    this.#stopTicking = clock.every(options.tickMs ?? TICK_MS_DEFAULT, () => this.#tick());
    this.#loop.wake();
  }

  #partsOf(options: ReplicaOptions): ReplicaParts {
    return {
      log: options.log,
      machine: options.machine,
      clock: options.clock ?? REAL_REPLICA_CLOCK,
      random: options.random ?? Math.random,
      limits: { ...REPLICA_LIMITS, ...options.limits },
      onLogged: options.onLogged,
      fail: (error) => this.#fail(error),
      trouble: (trouble) => options.observer.onTrouble?.(trouble),
      recovered: () => options.observer.onRecovered?.(),
    };
  }

  /**
   * Puts a command into the log; resolves when it is applied here, in the term in which it was
   * proposed. The bytes must not change any more.
   *
   * @throws SheafError `NOT_LEADER`, `LIMIT_REACHED` (the command is too large, or too many wait),
   * `CANCELLED` (the replica is closed); `data.mayBeInLog` says whether it may yet come true.
   */
  propose(command: Uint8Array): Promise<void> {
    return this.proposeAll([command]);
  }

  /** The same for commands in a row: they come in this order, and with one fsync. */
  async proposeAll(commands: readonly Uint8Array[]): Promise<void> {
    this.#check();
    const all = this.#guarded(() => this.#proposals.proposeAll(commands));
    this.#loop.wake();
    await Promise.all(all);
  }

  /**
   * Resolves when everything is applied here that was committed anywhere by the time of the call: what
   * the machine holds then is as new as any answer that anybody got before. Works at every member.
   *
   * @throws SheafError `CLUSTER_UNREACHABLE` after `timeoutMs`, `LIMIT_REACHED`, `CANCELLED`.
   */
  async read(timeoutMs: number): Promise<void> {
    this.#check();
    const read = this.#reads.read(timeoutMs);
    this.#loop.wake();
    await read;
  }

  /** Another member says something. */
  receive(message: Message): void {
    if (this.#end !== undefined) return;
    const { member } = this.#options;
    if (message.to !== member || message.from === member) return;
    this.#attempt(() => this.#raft.step(message));
    this.#loop.wake();
  }

  /**
   * Adds, promotes or removes a member; resolves when that is in force, and applied here.
   *
   * @throws SheafError as `propose` does; `data.reason` says which change cannot be, or not yet.
   */
  async changeMembership(change: MembershipChange): Promise<void> {
    this.#check();
    const proposal = this.#guarded(() => this.#raft.changeMembership(change));
    const done = this.#proposals.follow(proposal);
    this.#loop.wake();
    await done;
  }

  /**
   * Hands the lead over; resolves when the other member leads. Proposals that come meanwhile wait.
   *
   * @throws SheafError `NOT_LEADER`, `USAGE`, and `CLUSTER_UNREACHABLE` if it did not come to it.
   */
  async transferLeadership(to: MemberId, timeoutMs = this.#transferMs()): Promise<void> {
    this.#check();
    const ticket = this.#guarded(() => this.#raft.transferLeadership(to));
    if (!ticket.accepted) throw refused(ticket, this.#raft.status().term);
    this.#loop.wake();
    if (to === this.#options.member) return;
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#parts.clock.after(timeoutMs, () => {
        unwatch();
        reject(noQuorum(`hand the lead over to master ${to}`, timeoutMs));
      });
      const unwatch = this.#leadership.watch(({ leader }) => {
        if (leader !== to) return false;
        cancel();
        resolve();
        return true;
      });
    });
  }

  /** Makes a snapshot now, if anything has been applied since the last; resolves when it is durable. */
  async snapshot(): Promise<void> {
    this.#check();
    const made = this.#snapshots.want();
    this.#loop.wake();
    await made;
  }

  status(): ReplicaStatus {
    return {
      raft: this.#raft.status(),
      appliedIndex: this.#growth.index,
      actsIn: this.#leadership.actsIn,
      proposals: this.#proposals.count,
      snapshot: this.#snapshots.status,
    };
  }

  /** Ends without a word to the group, after what is under way. The log stays its opener's. */
  async close(): Promise<void> {
    this.#stop(replicaClosed());
    await this.#loop.idle();
    await this.#snapshots.close(replicaClosed());
    await this.#source.close();
  }

  /** Two election timeouts: within one the core gives a transfer up. */
  #transferMs(): number {
    const { electionTicks = ELECTION_TICKS_DEFAULT, tickMs = TICK_MS_DEFAULT } = this.#options;
    return 2 * electionTicks * tickMs;
  }

  #tick(): void {
    this.#attempt(() => {
      this.#raft.tick();
      this.#source.keepOnly(this.#raft.snapshotsInUse());
      this.#reads.tick();
    });
    this.#loop.wake();
  }

  /** Runs what must not fail: a bug ends the replica. */
  #attempt(call: () => void): void {
    try {
      call();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The same, and whoever has called hears of it. */
  #guarded<T>(call: () => T): T {
    try {
      return call();
    } catch (thrown) {
      this.#fail(thrown);
      throw thrown;
    }
  }

  #check(): void {
    if (this.#end !== undefined) throw this.#end.error;
  }

  #fail(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#stop(error);
    this.#options.observer.onFatal(error);
  }

  #stop(error: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#stopTicking();
    this.#loop.stop();
    this.#proposals.end(error);
    this.#reads.end(error);
  }
}
