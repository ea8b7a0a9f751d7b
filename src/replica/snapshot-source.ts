/**
 * The bytes of snapshots that others are being sent. The core says which piece of which snapshot;
 * here it is read, one piece at a time, and goes out.
 *
 * What always holds: a snapshot that is being sent stays open, so it can be sent to its end although
 * a younger one has taken its place and name; and no more than a bounded number of pieces waits.
 */

import type { LogIndex } from "../base/ids.ts";
import type { SnapshotChunkOrder } from "../raft/message.ts";
import type { SnapshotReader } from "../storage/snapshots/snapshot-reader.ts";
import type { ReplicaParts } from "./options.ts";
import type { Transport } from "./transport.ts";

type Opened = Promise<SnapshotReader | undefined>;

const NO_BYTES = new Uint8Array(0);

export class SnapshotSource {
  readonly #parts: ReplicaParts;
  readonly #transport: Transport;
  readonly #readers = new Map<LogIndex, Opened>();
  #orders: SnapshotChunkOrder[] = [];
  /** The snapshot that is being read from at this moment. */
  #reading: LogIndex | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: ReplicaParts, transport: Transport) {
    this.#parts = parts;
    this.#transport = transport;
  }

  /** Sends a piece once it is read; lost where too many wait, as messages may be. */
  send(order: SnapshotChunkOrder): void {
    if (order.byteCount === 0) {
      this.#complete(order, NO_BYTES);
      return;
    }
    if (this.#orders.length >= this.#parts.limits.chunksWaitingMax) return;
    this.#orders.push(order);
    this.#running ??= this.#run();
  }

  /** Opens the youngest snapshot, which is about to lose its name to the next. */
  async hold(): Promise<void> {
    const { index } = this.#parts.log.snapshot.meta;
    if (index > 0) await this.#open(index);
  }

  /** Forgets those that nobody is being sent. */
  keepOnly(inUse: readonly LogIndex[]): void {
    this.#orders = this.#orders.filter(({ snapshot }) => inUse.includes(snapshot.meta.index));
    for (const [index, opened] of this.#readers) {
      const isUsed = inUse.includes(index) || index === this.#reading;
      if (!isUsed) void this.#close(index, opened);
    }
  }

  async close(): Promise<void> {
    this.#orders = [];
    await this.#running;
    for (const [index, opened] of this.#readers) await this.#close(index, opened);
  }

  async #run(): Promise<void> {
    try {
      for (let order = this.#orders.shift(); order !== undefined; order = this.#orders.shift()) {
        const { snapshot, offset, byteCount } = order;
        this.#reading = snapshot.meta.index;
        const reader = await this.#open(this.#reading);
        if (reader !== undefined) this.#complete(order, await reader.read(offset, byteCount));
      }
    } catch (thrown) {
      this.#parts.fail(thrown);
    } finally {
      this.#reading = undefined;
      this.#running = undefined;
    }
  }

  #complete({ byteCount: _, ...chunk }: SnapshotChunkOrder, data: Uint8Array): void {
    this.#transport.send({ ...chunk, data });
  }

  #open(index: LogIndex): Opened {
    const opened = this.#readers.get(index) ?? this.#parts.log.openSnapshot(index);
    this.#readers.set(index, opened);
    return opened;
  }

  async #close(index: LogIndex, opened: Opened): Promise<void> {
    this.#readers.delete(index);
    try {
      await (await opened)?.close();
    } catch (thrown) {
      this.#parts.fail(thrown);
    }
  }
}
