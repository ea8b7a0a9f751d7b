/**
 * When the log is long enough for a snapshot, and how much of it to keep behind one.
 *
 * An entry weighs its bytes and `ENTRY_WEIGHT_BYTES` more, for what it costs to replay it: so 20,000
 * small commands weigh as much as 8 MB of large ones. A snapshot is due when the log outweighs the
 * last snapshot, so that writing snapshots costs no more than writing the log does; it is due no
 * sooner than a lower bound, and no later than an upper one. Chance adds up to a half: members that
 * apply the same entries should not all be busy with a snapshot at the same time.
 *
 * The last entries stay in the log although the snapshot stands for them: a member that is a little
 * behind is sent them, and not the whole state.
 */

import { type LogIndex, logIndex } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import type { ReplicaLimits } from "./limits.ts";

export const ENTRY_WEIGHT_BYTES = 400;

/** How finely the places are known from which a tail can be kept. */
const MARKS_A_TAIL = 16;
/** The last snapshots; one that is still being sent when it is older has been sent for too long. */
const RECENT_SNAPSHOTS = 4;

/** The weight of all entries up to an index, counted from anywhere. */
interface Mark {
  readonly index: LogIndex;
  readonly weight: number;
}

export class LogGrowth {
  readonly #limits: ReplicaLimits;
  readonly #random: () => number;
  /** From the oldest to the youngest; the first has at least a tail behind it, if any has. */
  #marks: Mark[] = [];
  #last: Mark;
  /** Where the last snapshot stands. */
  #snapshot: Mark;
  #recent: LogIndex[] = [];
  #dueWeight = 0;

  constructor(limits: ReplicaLimits, random: () => number, index: LogIndex, sizeBytes: number) {
    this.#limits = limits;
    this.#random = random;
    this.#last = { index, weight: 0 };
    this.#snapshot = this.#last;
    this.restart(index, sizeBytes);
  }

  /** The last entry that the machine's state holds. */
  get index(): LogIndex {
    return this.#last.index;
  }

  get isDue(): boolean {
    return this.#last.weight - this.#snapshot.weight >= this.#dueWeight;
  }

  applied({ index, data }: LogEntry): void {
    const weight = this.#last.weight + data.length + ENTRY_WEIGHT_BYTES;
    this.#last = { index, weight };
    const step = this.#limits.tailBytes / MARKS_A_TAIL;
    if (weight - (this.#marks.at(-1)?.weight ?? 0) < step) return;
    this.#marks.push(this.#last);
    const tail = weight - this.#limits.tailBytes;
    const oldest = this.#marks.findLastIndex((mark) => mark.weight <= tail);
    if (oldest > 0) this.#marks.splice(0, oldest);
  }

  /** A snapshot of what is applied by now is about to be made: the next one counts from here. */
  snapshotBegins(): void {
    this.#snapshot = this.#last;
    this.#recent = [...this.#recent, this.#last.index].slice(-RECENT_SNAPSHOTS);
  }

  /** How large the snapshot has become, which says when the next one pays. */
  snapshotDone(sizeBytes: number): void {
    const { snapshotBytesMin, snapshotBytesMax } = this.#limits;
    const weight = Math.min(Math.max(sizeBytes, snapshotBytesMin), snapshotBytesMax);
    this.#dueWeight = weight * (1 + this.#random() / 2);
  }

  /** The state comes from a snapshot of another member's, or of another life's. */
  restart(index: LogIndex, sizeBytes: number): void {
    this.#last = { index, weight: this.#last.weight };
    this.#marks = [this.#last];
    this.snapshotBegins();
    this.snapshotDone(sizeBytes);
  }

  /**
   * Up to where a log may be cut off behind a snapshot of `index`. What follows the snapshots that
   * others are being sent stays too, or they would need the next one at once; but a transfer that
   * takes for ever does not keep the whole log.
   */
  cutFor(index: LogIndex, inUse: readonly LogIndex[]): LogIndex {
    const reach = this.#last.weight - this.#limits.tailBytes;
    const tail = this.#marks.findLast((mark) => mark.weight <= reach)?.index ?? logIndex(0);
    const sent = inUse.filter((used) => this.#recent.includes(used));
    return logIndex(Math.min(index, tail, ...sent));
  }
}
