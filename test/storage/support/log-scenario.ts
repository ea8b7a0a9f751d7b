/**
 * A shell's life with its log, drawn from a seed: terms and votes, entries, truncations, snapshots of
 * its own and of others, compactions, restarts; several requests under way at once. The model goes
 * along, and says after each start whether the log is one that may be.
 */

import { expect } from "vitest";
import { SheafError } from "../../../src/base/error.ts";
import { logIndex, memberId, term } from "../../../src/base/ids.ts";
import type { HardState, LogEntry } from "../../../src/raft/log-entry.ts";
import type { StoredSnapshot } from "../../../src/raft/stored-snapshot.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import { createLog } from "../../../src/storage/opening/create-log.ts";
import { openLog } from "../../../src/storage/opening/open-log.ts";
import type { PersistRequest } from "../../../src/storage/segments/log-writer.ts";
import type { Chance } from "./chance.ts";
import {
  chunksOf,
  IDENTITY,
  MEMBERS,
  snapshotBytes,
  snapshotMeta,
  storedSnapshot,
} from "./contents.ts";
import { type LogModel, lastIndexOf } from "./log-model.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";

/** So small that a few dozen requests meet all bounds. */
export const SMALL_LIMITS = { segmentBytes: 3000, preallocationBytes: 1024, batchBytesMax: 1200 };

const REQUESTS_UNDER_WAY_MAX = 4;

/** The machine crashed, or the disk failed: the process is over. */
export class ProcessEnded extends Error {}

export class LogScenario {
  readonly #model: LogModel;
  readonly #chance: Chance;
  readonly #disk: SimulatedDisk;
  #log!: DurableLog;
  #underWay = new Set<Promise<void>>();
  #incoming: { readonly snapshot: StoredSnapshot; readonly receivedBytes: number } | undefined;
  #commitIndex = 0;

  constructor(model: LogModel, chance: Chance, disk: SimulatedDisk) {
    this.#model = model;
    this.#chance = chance;
    this.#disk = disk;
  }

  get log(): DurableLog | undefined {
    return this.#log;
  }

  /** Opens the log, which must be whole, and checks it. */
  async start(): Promise<void> {
    await orEnd(async () => {
      const { verdict, log } = await openLog(this.#disk, IDENTITY, SMALL_LIMITS);
      // A crash leaves nothing that looks like damage.
      const expected = log === undefined ? { kind: "new" } : { kind: "intact", covered: [] };
      expect(verdict).toMatchObject(expected);
      this.#log = log ?? (await createLog(this.#disk, IDENTITY, MEMBERS, SMALL_LIMITS));
      expect(this.#log.isRecovering).toBe(false);
      await this.#model.check(this.#log);
      this.#incoming = undefined;
      this.#commitIndex = this.#log.hardState.commitIndex;
    });
  }

  /** Does some steps; throws `ProcessEnded` when the process is over before them. */
  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      await this.#step();
      if (this.#underWay.size >= REQUESTS_UNDER_WAY_MAX || this.#chance.oneIn(2))
        await this.settle();
    }
    await this.settle();
  }

  /** Waits for all that is under way. */
  async settle(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#underWay);
    this.#underWay.clear();
    const failed = outcomes.find(({ status }) => status === "rejected");
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  async close(): Promise<void> {
    await this.settle();
    await orEnd(() => this.#log.close());
    expect(this.#disk.openFiles).toBe(0);
  }

  #step(): Promise<unknown> | undefined {
    const chance = this.#chance;
    const kind = chance.below(19);
    if (kind < 9) return this.#persist(this.#append());
    if (kind < 10) return this.#persist({ hardState: this.#vote(1 + chance.below(2)) });
    if (kind < 12) return this.#persist(this.#conflict());
    if (kind < 14) return this.#snapshot();
    if (kind < 16) return this.#compact();
    if (kind < 18) return this.#receive();
    return this.#restart();
  }

  #append(): PersistRequest {
    const { accepted, acceptedVote } = this.#model;
    const entries = this.#entries(lastIndexOf(accepted) + 1, acceptedVote.term);
    return this.#chance.oneIn(3) ? { entries, hardState: this.#vote(0) } : { entries };
  }

  /** What a follower does whose end differs from its new leader's. */
  #conflict(): PersistRequest {
    const hardState = this.#vote(1);
    const last = lastIndexOf(this.#model.accepted);
    const floor = Math.max(this.#commitIndex, this.#model.snapshotIndex);
    if (last <= floor) return this.#append();
    const truncateFrom = logIndex(floor + 1 + this.#chance.below(last - floor));
    if (this.#chance.oneIn(4)) return { truncateFrom };
    return { hardState, truncateFrom, entries: this.#entries(truncateFrom, hardState.term) };
  }

  /** A term some terms later, and a commit index among the entries that will stay. */
  #vote(termsLater: number): HardState {
    const { acceptedVote, settledIndex } = this.#model;
    this.#commitIndex = Math.max(this.#commitIndex, this.#chance.below(settledIndex + 1));
    const votedFor =
      termsLater === 0 ? acceptedVote.votedFor : this.#chance.pick([undefined, memberId(2)]);
    return {
      term: term(acceptedVote.term + termsLater),
      votedFor,
      commitIndex: logIndex(this.#commitIndex),
    };
  }

  #entries(from: number, itsTerm: number): LogEntry[] {
    const chance = this.#chance;
    return Array.from({ length: 1 + chance.below(4) }, (_, i) => ({
      index: logIndex(from + i),
      term: term(itsTerm),
      kind: chance.pick(["command", "membership", "no-op"] as const),
      data: new Uint8Array(chance.bytes(chance.oneIn(8) ? chance.below(2000) : chance.below(200))),
    }));
  }

  #persist(request: PersistRequest): undefined {
    this.#model.asks(request);
    const done = orEnd(async () => {
      await this.#log.persist(request);
      this.#model.answered(request);
    });
    done.catch(() => {});
    this.#underWay.add(done);
  }

  /** A snapshot of its own; one that finds no room is given up, and life goes on. */
  async #snapshot(): Promise<void> {
    const index = Math.min(this.#commitIndex, this.#model.settledIndex);
    const { acknowledged, snapshotIndex } = this.#model;
    const entry = acknowledged.entries[index - acknowledged.baseIndex - 1];
    if (entry === undefined || index <= snapshotIndex) return;
    this.#model.beginsSnapshot(index);
    await orEnd(async () => {
      const writer = await this.#log.createSnapshot(snapshotMeta(index, entry.term));
      try {
        for (const piece of piecesOf(snapshotBytes(index), 400)) await writer.write(piece);
        if (this.#chance.oneIn(8)) return;
        await writer.commit();
        this.#model.hasSnapshot(index);
      } finally {
        await writer.discard();
      }
    }, isNoSpace);
  }

  async #compact(): Promise<void> {
    const { index: most } = this.#log.snapshot.meta;
    const index = this.#chance.oneIn(2) ? most : this.#chance.below(most + 1);
    await orEnd(() => this.#log.compact(logIndex(index)));
  }

  /** Receives some chunks of another member's snapshot, and puts it in place when it is whole. */
  async #receive(): Promise<void> {
    await this.settle();
    const { accepted, acceptedVote, snapshotIndex } = this.#model;
    if (acceptedVote.term === 0) return;
    // It may be of entries that are there already, and be followed by others, which it voids.
    const floor = Math.max(this.#commitIndex, snapshotIndex);
    if ((this.#incoming?.snapshot.meta.index ?? 0) <= floor) {
      const most = lastIndexOf(accepted) + 5;
      const index = floor + 1 + this.#chance.below(most - floor);
      const snapshot = storedSnapshot(index, acceptedVote.term);
      this.#incoming = { snapshot, receivedBytes: 0 };
    }
    const { snapshot, receivedBytes } = this.#incoming!;
    const chunks = chunksOf(snapshot, receivedBytes, 1 + this.#chance.below(700));
    const { length } = chunks;
    const some = chunks.slice(0, this.#chance.oneIn(2) ? length : 1 + this.#chance.below(length));
    const end = some.at(-1)!;
    await orEnd(async () => {
      const { isSnapshotDamaged } = await this.#log.persist({ chunks: some });
      expect(isSnapshotDamaged).toBe(false);
    });
    this.#incoming = { snapshot, receivedBytes: end.offset + end.data.length };
    if (!end.isLast) return;
    this.#incoming = undefined;
    this.#commitIndex = Math.max(this.#commitIndex, snapshot.meta.index);
    this.#persist({ hardState: this.#vote(0), snapshot });
  }

  async #restart(): Promise<void> {
    await this.close();
    await this.start();
  }
}

/** Runs a call; where it fails, the process is over, unless the failure passes. */
async function orEnd(
  call: () => Promise<void>,
  passes: (error: SheafError) => boolean = () => false,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    // What the model finds wrong is no failure of the disk.
    if (!(error instanceof SheafError)) throw error;
    if (!passes(error)) throw new ProcessEnded("The process is over.", { cause: error });
  }
}

function isNoSpace({ code }: SheafError): boolean {
  return code === "NO_SPACE";
}

function piecesOf(bytes: Uint8Array, count: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += count) pieces.push(bytes.subarray(at, at + count));
  return pieces;
}
