/**
 * What a replica is made of. All that it does to the world, and all that the world does to it, goes
 * through here, so that a simulation can take the world's place.
 */

import type { SheafError } from "../base/error.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { RaftLimits } from "../raft/limits.ts";
import type { DurableLog } from "../storage/durable-log.ts";
import type { ReplicaClock } from "./clock.ts";
import type { ReplicaLimits } from "./limits.ts";
import type { StateMachine } from "./state-machine.ts";
import type { Transport } from "./transport.ts";

/** Told of what becomes of the member. Called in the order in which things happen; must not throw. */
export interface ReplicaObserver {
  /**
   * This member leads the term, and has applied all that was committed before it: from now on it may
   * act. Called while the entry that says so is applied; those after it come later.
   */
  onLeading(term: Term): void;
  /**
   * Another member leads, or nobody that is known of, as far as this one has heard. Called at every
   * change, and always before anything is applied that another leader may have made.
   */
  onFollowing(leader: MemberId | undefined, term: Term): void;
  /** It was recovering, and counts from now on. */
  onRecovered?(): void;
  /** The group has decided that this member is not of it any more. */
  onRemoved?(): void;
  /** What went wrong and is being made good for: for a log. */
  onTrouble?(trouble: string): void;
  /**
   * The end: a full disk (`NO_SPACE`), one that fails (`DATA_FAILED`), or a bug. Nothing that was
   * acknowledged is lost. Everything that waits is rejected with it, and the process must end.
   */
  onFatal(error: unknown): void;
}

/** See the head of this file. */
export interface ReplicaOptions {
  readonly member: MemberId;
  /** Its log, freshly opened; whoever opened it closes it, after the replica. */
  readonly log: DurableLog;
  /** Without anything in it: the replica fills it. */
  readonly machine: StateMachine;
  readonly transport: Transport;
  readonly observer: ReplicaObserver;
  /**
   * A command is in the log here, and may be committed or not: those that a restart finds and does not
   * know to be, before `start` resolves, and then each that is written. For what must be known early,
   * and does no harm if it never comes true.
   */
  readonly onLogged?: ((command: Uint8Array) => void) | undefined;
  readonly clock?: ReplicaClock;
  /** In [0, 1); no two lives of a member may draw the same. */
  readonly random?: () => number;
  /** 75 by default. */
  readonly tickMs?: number;
  /** Ticks without a leader before an election: between this and its double. 10 by default. */
  readonly electionTicks?: number;
  readonly heartbeatTicks?: number;
  readonly raftLimits?: Partial<RaftLimits>;
  readonly limits?: Partial<ReplicaLimits>;
}

/**
 * With the election ticks below, a leader's death is noticed after 0.75 to 1.5 s: long enough for a
 * process that the system keeps from running for half a second, and short enough for tasks to be
 * assigned again within two.
 */
export const TICK_MS_DEFAULT = 75;
export const ELECTION_TICKS_DEFAULT = 10;

/** What the parts of a replica have in common. */
export interface ReplicaParts {
  readonly log: DurableLog;
  readonly machine: StateMachine;
  readonly clock: ReplicaClock;
  readonly random: () => number;
  readonly limits: ReplicaLimits;
  readonly onLogged: ((command: Uint8Array) => void) | undefined;
  /** Ends the replica. */
  readonly fail: (error: unknown) => void;
  readonly trouble: (trouble: string) => void;
  readonly recovered: () => void;
}

/** Where the youngest whole snapshot stands, for people and metrics. */
export interface SnapshotStatus {
  readonly index: LogIndex;
  readonly sizeBytes: number;
  /** Another one is being made. */
  readonly isUnderWay: boolean;
}

/** How something that was asked for ends. */
export interface Settle {
  resolve(): void;
  reject(error: SheafError | unknown): void;
}
