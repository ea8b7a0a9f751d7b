/**
 * What a leader knows of one other member, and how it sends to it:
 *
 * - `probe`: it does not know where their logs agree; one append at a time, until one is accepted.
 * - `replicate`: it does; appends follow each other without waiting (dissertation, 10.2.2), within
 *   the window of `inFlight`.
 * - `snapshot`: what the member needs is compacted; a snapshot is on its way, and no appends.
 *
 * What always holds: `matchIndex < nextIndex`; `matchIndex` only grows (Raft, figure 2), but for a
 * member that comes back without its log (see recovery.ts).
 */

import { type LogIndex, logIndex } from "../base/ids.ts";
import type { CatchUp } from "./catch-up.ts";
import type { InFlight } from "./in-flight.ts";
import { maxIndex } from "./index-order.ts";
import { NO_INDEX } from "./log-entry.ts";
import type { SnapshotTransfer } from "./snapshot-transfer.ts";

export type SendMode =
  /** `isWaiting`: the probe is under way; a heartbeat's answer says that it may be lost. */
  | { readonly kind: "probe"; isWaiting: boolean }
  | { readonly kind: "replicate"; readonly inFlight: InFlight }
  | { readonly kind: "snapshot"; readonly transfer: SnapshotTransfer };

export class Progress {
  /** The member's log agrees with the leader's up to here, durably (Raft, figure 2: matchIndex). */
  matchIndex: LogIndex = NO_INDEX;
  /** The next entry to send (Raft, figure 2: nextIndex). */
  nextIndex: LogIndex;
  mode: SendMode = { kind: "probe", isWaiting: false };
  /** When it answered last, in ticks of the leader; at first, when the leader began to ask. */
  heardTick: number;
  /** The youngest round of reads in which it confirmed the leader (dissertation, 6.4). */
  confirmedRound = 0;
  /** It lost its log, and counts for nothing until it has `index` (see recovery.ts). */
  recovery: { readonly id: number; readonly index: LogIndex } | undefined;
  /** Of a learner. */
  catchUp: CatchUp | undefined;
  /** It was removed; the leader speaks to it until this tick, so that it learns of that. */
  farewellTick: number | undefined;

  constructor(nextIndex: LogIndex, tick: number) {
    this.nextIndex = nextIndex;
    this.heardTick = tick;
  }

  /** Goes back to one append at a time, from a place where the logs may agree. */
  probeFrom(nextIndex: LogIndex): void {
    this.mode = { kind: "probe", isWaiting: false };
    this.nextIndex = maxIndex(nextIndex, logIndex(this.matchIndex + 1));
  }

  replicate(inFlight: InFlight): void {
    this.mode = { kind: "replicate", inFlight };
    this.nextIndex = logIndex(this.matchIndex + 1);
  }

  sendSnapshot(transfer: SnapshotTransfer): void {
    this.mode = { kind: "snapshot", transfer };
    this.nextIndex = logIndex(transfer.snapshot.meta.index + 1);
  }

  /** The member's log agrees up to `index`. */
  acknowledge(index: LogIndex): void {
    this.matchIndex = maxIndex(this.matchIndex, index);
    this.nextIndex = maxIndex(this.nextIndex, logIndex(index + 1));
    if (this.mode.kind === "replicate") this.mode.inFlight.acknowledge(index);
  }

  /**
   * Whether a rejection says something new. Late ones, of appends before the last probe or of what
   * has been matched since, do not.
   */
  isNewRejection(rejectedIndex: LogIndex): boolean {
    if (rejectedIndex <= this.matchIndex || this.mode.kind === "snapshot") return false;
    return this.mode.kind === "replicate" || rejectedIndex === this.nextIndex - 1;
  }

  /** The member has nothing of what it had. */
  forget(): void {
    this.matchIndex = NO_INDEX;
    this.mode = { kind: "probe", isWaiting: false };
  }
}
