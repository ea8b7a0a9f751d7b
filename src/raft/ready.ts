/**
 * What the core wants done. The shell takes a `Ready`, does what it says in the order below, and
 * calls `advance()`; then it takes the next. Meanwhile it may go on with `tick`, `step` and
 * `propose`: what these cause gathers for the next `Ready`, which makes one write of many.
 *
 *     ready()
 *        |------------------------------.
 *        v                              v
 *     1. send `messages`             2. write `persist`, then fsync once
 *        (at once: their terms          in this order: hardState, chunks, snapshot,
 *        are durable already)           truncateFrom, entries, recovered
 *                                       |
 *                        .--------------+---------------.
 *                        v                              v
 *                     3. send `messagesAfterPersist` 4. load `persist.snapshot`, apply `committed`,
 *                                                       answer `reads`
 *                        '--------------+---------------'
 *                                       v
 *                                    advance()
 *
 * Persist before send (Raft, figure 2: "updated on stable storage before responding"; dissertation,
 * 3.8): a vote that is forgotten could be given twice, and an entry that was acknowledged and lost
 * could have been committed. So all requests for votes and all answers of followers are in
 * `messagesAfterPersist`. What a leader sends may go at once (dissertation, 10.2.1): its term was
 * durable before it was elected, and its own copy of an entry counts towards a majority only when
 * `advance()` has said that it is durable.
 */

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { HardState, LogEntry } from "./log-entry.ts";
import type { Message, OutgoingMessage } from "./message.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

/** Leaders answer clients; candidates and pre-candidates stand for election (Raft, figure 4; 9.6). */
export type RoleName = "follower" | "pre-candidate" | "candidate" | "leader";

/** What a member is to its group. */
export interface Standing {
  readonly role: RoleName;
  readonly term: Term;
  readonly leader: MemberId | undefined;
  /** The group has decided that this member is not of it: it will not be heard again. */
  readonly isRemoved: boolean;
}

/** What must be durable before `messagesAfterPersist` may leave. */
export interface Persist {
  /** Term, vote and commit index, when one of the first two changed or there is more to write. */
  readonly hardState: HardState | undefined;
  /** Pieces of a snapshot that is being received. */
  readonly chunks: readonly ChunkWrite[];
  /** A received snapshot that is whole takes the place of the log and of the state machine. */
  readonly snapshot: StoredSnapshot | undefined;
  /** Entries on the disk at and after this index are void. */
  readonly truncateFrom: LogIndex | undefined;
  /** They follow what is left of the log without a gap. */
  readonly entries: readonly LogEntry[];
  /** The member has recovered: after all the rest is durable, its mark of recovery must go. */
  readonly recovered: boolean;
}

/** Bytes to write into the file of a snapshot that is being received. */
export interface ChunkWrite {
  readonly snapshot: StoredSnapshot;
  /** At 0 the file begins anew: what is there from another snapshot is void. */
  readonly offset: number;
  readonly data: Uint8Array;
  /**
   * The file is whole with it. The shell verifies its checksum before `advance()`, and says
   * `snapshotDamaged()` if it does not match.
   */
  readonly isLast: boolean;
}

/** A read that may be served from the applied state now, or that has come to nothing. */
export type ReadOutcome =
  | { readonly id: number; readonly readIndex: LogIndex }
  | { readonly id: number; readonly failed: "leader-changed" | "timed-out" | "refused" };

export interface Ready {
  /** To be sent at once; the shell adds the bytes to chunks of snapshots. */
  readonly messages: readonly OutgoingMessage[];
  readonly persist: Persist | undefined;
  readonly messagesAfterPersist: readonly Message[];
  /** Entries to apply, in order, of every kind; all of them are durable here after `persist`. */
  readonly committed: readonly LogEntry[];
  /** To be answered after `committed` is applied. */
  readonly reads: readonly ReadOutcome[];
  /** When it changed. */
  readonly standing: Standing | undefined;
}
