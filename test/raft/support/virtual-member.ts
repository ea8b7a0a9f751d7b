/**
 * A member with a virtual disk and a list for a state machine: the smallest shell that does what
 * `Ready` says, in steps between which it may crash.
 */

import type { MemberId } from "../../../src/base/ids.ts";
import type { Membership } from "../../../src/raft/log-entry.ts";
import { NO_MEMBERS } from "../../../src/raft/membership.ts";
import type { Message, OutgoingMessage } from "../../../src/raft/message.ts";
import type { RaftOptions } from "../../../src/raft/options.ts";
import { Raft } from "../../../src/raft/raft.ts";
import type { Persist, ReadOutcome, Ready } from "../../../src/raft/ready.ts";
import { ListMachine } from "./list-machine.ts";
import { VirtualDisk } from "./virtual-disk.ts";

/** What a test wants to hear of. */
export interface MemberHooks {
  send(message: Message): void;
  onReady?(member: VirtualMember, ready: Ready): void;
  onRead?(member: VirtualMember, outcome: ReadOutcome): void;
}

export type MemberSettings = Omit<RaftOptions, "id" | "restored" | "random" | "recovering">;

export class VirtualMember {
  readonly id: MemberId;
  readonly disk: VirtualDisk;
  readonly #settings: MemberSettings;
  readonly #hooks: MemberHooks;
  /** A source of chance for each life. */
  readonly #randomOfLife: (life: number) => () => number;
  machine = new ListMachine();
  life = 0;
  #raft: Raft | undefined;
  /** The `Ready` that is being done. */
  #underWay: Ready | undefined;

  constructor(
    id: MemberId,
    membership: Membership,
    settings: MemberSettings,
    randomOfLife: (life: number) => () => number,
    hooks: MemberHooks,
  ) {
    this.id = id;
    this.disk = new VirtualDisk(membership);
    this.#settings = settings;
    this.#randomOfLife = randomOfLife;
    this.#hooks = hooks;
  }

  get isUp(): boolean {
    return this.#raft !== undefined;
  }

  get raft(): Raft {
    if (this.#raft === undefined) throw new Error(`Member ${this.id} is down.`);
    return this.#raft;
  }

  get isBusy(): boolean {
    return this.#underWay !== undefined;
  }

  start(): void {
    this.life++;
    this.#raft = new Raft({
      ...this.#settings,
      id: this.id,
      restored: this.disk.restored(),
      random: this.#randomOfLife(this.life),
      recovering: this.disk.isMarkedLost,
    });
    this.machine = new ListMachine();
    if (this.disk.current !== undefined) {
      this.machine.restore(this.disk.current);
      this.#raft.snapshotSaved(this.disk.current.stored);
    }
  }

  crash(): void {
    this.#raft = undefined;
    this.#underWay = undefined;
  }

  /** Takes a `Ready` and sends what may go at once. */
  take(): Ready {
    const ready = this.raft.ready();
    this.#underWay = ready;
    this.#hooks.onReady?.(this, ready);
    this.#sendAtOnce(ready.messages);
    return ready;
  }

  /** Sends what may go at once while a `Ready` is being written. */
  sendMeanwhile(): void {
    this.#sendAtOnce(this.raft.takeMessages());
  }

  /** Writes what must be durable. */
  persist(): void {
    const { persist } = this.#ready();
    if (persist === undefined) return;
    this.disk.write(persist);
    if (persist.chunks.at(-1)?.isLast === true && !this.disk.isIncomingSound()) {
      this.raft.snapshotDamaged();
    }
  }

  /** Writes what `tear` leaves of it; nothing but a crash may follow. */
  persistInPart(tear: (persist: Persist) => Persist): void {
    const { persist } = this.#ready();
    if (persist !== undefined) this.disk.write(tear(persist));
  }

  /** Sends, applies and answers what had to wait for the disk, and ends the `Ready`. */
  finish(): void {
    const { persist, messagesAfterPersist, committed, reads } = this.#ready();
    this.#underWay = undefined;
    for (const message of messagesAfterPersist) this.#hooks.send(message);
    if (persist?.snapshot !== undefined) this.machine.restore(this.disk.current!);
    for (const entry of committed) this.machine.apply(entry);
    for (const outcome of reads) this.#hooks.onRead?.(this, outcome);
    this.raft.advance();
    this.disk.keepOnly(this.raft.snapshotsInUse());
  }

  /** Does one `Ready` from end to end. */
  doReady(): Ready {
    const ready = this.take();
    this.persist();
    this.finish();
    return ready;
  }

  /** Saves a snapshot of what is applied, and forgets all entries but the last few. */
  compact(keepEntries = 0): void {
    const index = this.machine.appliedIndex;
    const meta = this.raft.snapshotMetaAt(index);
    if (meta === undefined) return;
    const file = this.machine.snapshot(meta);
    this.disk.save(file);
    this.disk.compact();
    this.raft.snapshotSaved(file.stored);
    const upTo = Math.max(index - keepEntries, 0);
    this.raft.compact(upTo as typeof index);
    this.disk.keepOnly(this.raft.snapshotsInUse());
  }

  #ready(): Ready {
    if (this.#underWay === undefined) throw new Error(`Member ${this.id} is not busy.`);
    return this.#underWay;
  }

  #sendAtOnce(messages: readonly OutgoingMessage[]): void {
    for (const message of messages) {
      if (message.type !== "snapshot-chunk") this.#hooks.send(message);
      else {
        const { byteCount, ...chunk } = message;
        const data = this.disk.read(message.snapshot, message.offset, byteCount);
        if (data !== undefined) this.#hooks.send({ ...chunk, data });
      }
    }
  }
}

/** A member that will join a group. */
export const JOINING: Membership = NO_MEMBERS;
