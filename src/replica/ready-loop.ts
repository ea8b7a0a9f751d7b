/**
 * Does what the core wants done, one Ready after the other, in the order that raft/ready.ts gives. It
 * is woken by whatever comes in, and begins in the next turn of the event loop: all that came in by
 * then goes together, and what comes in while a Ready is being done makes the next one.
 *
 * What always holds: nothing is sent before what it depends on is durable; one Ready at a time; after
 * `stop` nothing new is begun.
 */

import type { LogIndex } from "../base/ids.ts";
import type { LogEntry } from "../raft/log-entry.ts";
import type { Message, OutgoingMessage } from "../raft/message.ts";
import type { Raft } from "../raft/raft.ts";
import type { Ready } from "../raft/ready.ts";
import { Applier, loadSnapshot } from "./applier.ts";
import type { Leadership } from "./leadership.ts";
import type { LogGrowth } from "./log-growth.ts";
import type { ReplicaParts } from "./options.ts";
import type { OwnSnapshots } from "./own-snapshots.ts";
import type { Proposals } from "./proposals.ts";
import type { Reads } from "./reads.ts";
import type { SnapshotSource } from "./snapshot-source.ts";
import type { Transport } from "./transport.ts";

/** What takes part in doing a Ready. */
export interface LoopParts {
  readonly raft: Raft;
  readonly transport: Transport;
  readonly leadership: Leadership;
  readonly growth: LogGrowth;
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly source: SnapshotSource;
  readonly snapshots: OwnSnapshots;
}

export class ReadyLoop {
  readonly #parts: ReplicaParts;
  readonly #with: LoopParts;
  readonly #applier: Applier;
  #isWoken = false;
  #isStopped = false;
  #running: Promise<void> | undefined;

  constructor(parts: ReplicaParts, loopParts: LoopParts) {
    this.#parts = parts;
    this.#with = loopParts;
    this.#applier = new Applier(parts, (entry) => this.#applied(entry));
  }

  /** Something has come in. */
  wake(): void {
    if (this.#isWoken || this.#isStopped) return;
    this.#isWoken = true;
    this.#parts.clock.soon(() => {
      this.#isWoken = false;
      if (!this.#isStopped) this.#turn();
    });
  }

  /** Begins nothing any more. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when what is under way is done. */
  async idle(): Promise<void> {
    await this.#running;
  }

  #turn(): void {
    try {
      this.#with.reads.ask();
      if (this.#running !== undefined) this.#send(this.#with.raft.takeMessages());
      else {
        this.#running = this.#run().finally(() => {
          this.#running = undefined;
        });
      }
    } catch (thrown) {
      this.#parts.fail(thrown);
    }
  }

  async #run(): Promise<void> {
    const { raft, snapshots } = this.#with;
    try {
      while (!this.#isStopped) {
        if (snapshots.isDue) await snapshots.step();
        if (this.#isStopped || !raft.hasReady()) break;
        await this.#do(raft.ready());
      }
    } catch (thrown) {
      this.#parts.fail(thrown);
    }
  }

  async #do(ready: Ready): Promise<void> {
    const { raft, leadership, proposals, reads } = this.#with;
    const { persist, standing } = ready;
    // First, so that nobody acts as a leader while another's entries are applied.
    if (standing !== undefined && leadership.heed(standing)) {
      proposals.leadershipLost(leadership.known);
    }
    this.#send(ready.messages);
    if (persist !== undefined) {
      this.#logged(persist.entries);
      const { isSnapshotDamaged } = await this.#parts.log.persist(persist);
      if (isSnapshotDamaged) this.#damaged();
      if (persist.recovered) this.#parts.recovered();
    }
    this.#send(ready.messagesAfterPersist);
    if (persist?.snapshot !== undefined) await this.#load(persist.snapshot.meta.index);
    await this.#applier.apply(ready.committed);
    for (const outcome of ready.reads) reads.ended(outcome);
    raft.advance();
    proposals.goOn();
  }

  #logged(entries: readonly LogEntry[]): void {
    const { onLogged } = this.#parts;
    if (onLogged === undefined) return;
    for (const { kind, data } of entries) if (kind === "command") onLogged(data);
  }

  #damaged(): void {
    this.#with.raft.snapshotDamaged();
    this.#parts.trouble("A snapshot came in damaged, and is fetched again.");
  }

  async #load(index: LogIndex): Promise<void> {
    await loadSnapshot(this.#parts, index);
    this.#with.growth.restart(index, this.#parts.log.snapshot.sizeBytes);
  }

  #applied(entry: LogEntry): void {
    const { growth, leadership, proposals } = this.#with;
    growth.applied(entry);
    leadership.applied(entry);
    proposals.applied(entry, leadership.known);
  }

  #send(messages: readonly (Message | OutgoingMessage)[]): void {
    for (const message of messages) {
      if ("byteCount" in message) this.#with.source.send(message);
      else this.#with.transport.send(message);
    }
  }
}
