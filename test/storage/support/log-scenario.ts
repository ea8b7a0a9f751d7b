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
import type { PersistRequest } from "../../../src/storage/persist-request.ts";
import type { Chance } from "./chance.ts";
import { type LogModel, lastIndexOf } from "./log-model.ts";
import type { SimulatedDisk } from "./simulated-disk.ts";
import { chunksOf, MEMBERS, snapshotBytes, snapshotMeta, storedSnapshot } from "./snapshots.ts";

export const IDENTITY = { cluster: "tests", member: memberId(1) };

/** So small that a few dozen requests meet all bounds. */
export const SMALL_LIMITS = {
  segmentBytes: 3000,
  preallocationBytes: 1024,
  batchBytesMax: 1200,
  snapshotChunkBytes: 300,
  snapshotsKept: 2,
};

const REQUESTS_UNDER_WAY_MAX = 4;

/** The machine crashed, or the disk failed: the process is over. */
export class ProcessEnded extends Error {}

export class LogScenario {
  readonly #model: LogModel;
  readonly #chance: Chance;
  readonly #disk: SimulatedDisk;
  #log!: DurableLog;
  #underWay = new Set<Promise<void>>();
  #incoming: StoredSnapshot | undefined;
  /** A snapshot whose installation found no room. */
  #mustInstall: StoredSnapshot | undefined;
  #commitIndex = 0;

  constructor(model: LogModel, chance: Chance, disk: SimulatedDisk) {
    this.#model = model;
    this.#chance = chance;
    this.#disk = disk;
  }

  get log(): DurableLog {
    return this.#log;
  }

  /** Opens the log, which must be whole, and checks it; tries again where there is no room. */
  async start(): Promise<void> {
    const isOpen = await this.#attempt(async () => {
      const { verdict, log } = await openLog(this.#disk, IDENTITY, SMALL_LIMITS);
      expect(verdict.kind, JSON.stringify(verdict)).not.toBe("damaged");
      this.#log = log ?? (await createLog(this.#disk, IDENTITY, MEMBERS, SMALL_LIMITS));
      expect(this.#log.isRecovering).toBe(false);
      await this.#model.check(this.#log);
      this.#incoming = this.#log.incoming?.snapshot;
      this.#mustInstall = undefined;
      this.#commitIndex = this.#log.hardState.commitIndex;
    });
    if (!isOpen) await this.start();
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
    await this.#attempt(() => this.#log.close());
    expect(this.#disk.openFiles).toBe(0);
  }

  #step(): Promise<unknown> | undefined {
    if (this.#mustInstall !== undefined) return this.#install(this.#mustInstall);
    const chance = this.#chance;
    const kind = chance.below(20);
    if (kind < 9) return this.#persist(this.#append());
    if (kind < 10) return this.#persist({ hardState: this.#vote(1 + chance.below(2)) });
    if (kind < 12) return this.#persist(this.#conflict());
    if (kind < 14) return this.#snapshot();
    if (kind < 16) return this.#compact();
    if (kind < 18) return this.#receive();
    if (kind < 19) return this.#attempt(() => this.#log.settle());
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
    const done = this.#log.persist(request).then(
      () => this.#model.answered(request),
      (error) => this.#refused(request, error),
    );
    done.catch(() => {});
    this.#underWay.add(done);
  }

  #refused(request: PersistRequest, error: unknown): void {
    if (isFailedCheck(error)) throw error;
    if (!isNoSpace(error)) throw new ProcessEnded("persist", { cause: error });
    this.#model.refused(request, this.#log.hardState);
    this.#mustInstall = request.snapshot ?? this.#mustInstall;
  }

  async #snapshot(): Promise<void> {
    const index = Math.min(this.#commitIndex, this.#log.lastIndex);
    const itsTerm = this.#log.termAt(logIndex(index));
    if (itsTerm === undefined || index <= this.#model.snapshotIndex) return;
    this.#model.beginsSnapshot(index);
    await this.#attempt(async () => {
      const writer = await this.#log.createSnapshot(snapshotMeta(index, itsTerm));
      try {
        await writer.write(snapshotBytes(index));
        if (this.#chance.oneIn(8)) return;
        await writer.commit();
        this.#model.hasSnapshot(index);
      } finally {
        await writer.discard();
      }
    });
  }

  async #compact(): Promise<void> {
    const { firstIndex, lastIndex, snapshot } = this.#log;
    const end = Math.min(snapshot.meta.index, lastIndex);
    if (end < firstIndex) return;
    const index = firstIndex + this.#chance.below(end - firstIndex + 1);
    await this.#attempt(() => this.#log.compact(logIndex(index)));
  }

  /** Receives some chunks of another member's snapshot, and puts it in place when it is whole. */
  async #receive(): Promise<void> {
    await this.settle();
    if (this.#mustInstall !== undefined) return;
    const last = lastIndexOf(this.#model.accepted);
    const isLate = (this.#incoming?.meta.index ?? 0) <= last;
    if (isLate) {
      const { term } = this.#model.acceptedVote;
      this.#incoming =
        term > 0 ? storedSnapshot(last + 1 + this.#chance.below(5), term) : undefined;
    }
    const snapshot = this.#incoming;
    if (snapshot === undefined) return;
    const there = isLate ? 0 : (this.#log.incoming?.receivedBytes ?? 0);
    const chunks = chunksOf(snapshot, there, 1 + this.#chance.below(700));
    await this.#attempt(async () => {
      const some = chunks.slice(0, 1 + this.#chance.below(chunks.length));
      if (some.length > 0) {
        const { isSnapshotDamaged } = await this.#log.persist({ chunks: some });
        expect(isSnapshotDamaged).toBe(false);
        if (!some.at(-1)!.isLast) return;
      }
      await this.#install(snapshot);
    });
  }

  /** A member that has a snapshot of what is committed does not go on without it. */
  async #install(snapshot: StoredSnapshot): Promise<void> {
    this.#mustInstall = undefined;
    await this.settle();
    this.#commitIndex = Math.max(this.#commitIndex, snapshot.meta.index);
    this.#persist({ hardState: this.#vote(0), snapshot });
  }

  async #restart(): Promise<void> {
    await this.close();
    await this.start();
  }

  /** Runs a call; where it finds no room, life goes on, and the answer is false. */
  async #attempt(call: () => Promise<void>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      if (error instanceof ProcessEnded || isFailedCheck(error)) throw error;
      if (!isNoSpace(error)) throw new ProcessEnded("call", { cause: error });
      return false;
    }
  }
}

function isNoSpace(error: unknown): boolean {
  return error instanceof SheafError && error.code === "NO_SPACE";
}

/** What the model finds wrong is no failure of the disk. */
function isFailedCheck(error: unknown): boolean {
  return !(error instanceof SheafError);
}
