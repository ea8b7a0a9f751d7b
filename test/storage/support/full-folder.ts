/**
 * A folder with all that a log can hold: segments with truncated entries, whole snapshots, a snapshot
 * that is being received, a vote that changed; and what a reader must find in it.
 */

import { expect } from "vitest";
import { logIndex, memberId, term } from "../../../src/base/ids.ts";
import type { LogEntry } from "../../../src/raft/log-entry.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import { createLog } from "../../../src/storage/opening/create-log.ts";
import { Chance } from "./chance.ts";
import {
  chunksOf,
  IDENTITY,
  MEMBERS,
  readWhole,
  snapshotBytes,
  snapshotMeta,
  storedSnapshot,
} from "./contents.ts";
import { fingerprint } from "./log-model.ts";
import { SMALL_LIMITS } from "./log-scenario.ts";
import { SimulatedMachine } from "./simulated-machine.ts";

/** What must be found in the folder. */
export interface FullFolder {
  readonly machine: SimulatedMachine;
  /** From the first on, also those that a snapshot stands for. */
  readonly entries: readonly LogEntry[];
}

const LAST_VOTE = { term: term(3), votedFor: memberId(2), commitIndex: logIndex(18) };

/** Whether a log holds all that the folder was made with. */
export async function expectFull(log: DurableLog, { entries }: FullFolder): Promise<void> {
  const { hardState, snapshot, entries: found } = log.restore();
  const { commitIndex, ...vote } = hardState;
  const { commitIndex: known, ...lastVote } = LAST_VOTE;
  expect(vote).toEqual(lastVote);
  expect(commitIndex).toBeLessThanOrEqual(known);
  const { index } = snapshot;
  expect(await readWhole(log)).toEqual(snapshotBytes(index));
  expect(fingerprint(found)).toEqual(fingerprint(entries.filter((entry) => entry.index > index)));
}

export function entriesFrom(first: number, count: number, itsTerm: number): LogEntry[] {
  const chance = new Chance(first * 100 + itsTerm);
  return Array.from({ length: count }, (_, i) => ({
    index: logIndex(first + i),
    term: term(itsTerm),
    kind: "command",
    data: new Uint8Array(chance.bytes(5 + chance.below(30))),
  }));
}

function voteOf(itsTerm: number, commitIndex: number) {
  return { term: term(itsTerm), votedFor: memberId(2), commitIndex: logIndex(commitIndex) };
}

/** Makes the folder; the log was closed as it should be. */
export async function fullFolder(): Promise<FullFolder> {
  const machine = new SimulatedMachine(new Chance(7));
  const limits = { ...SMALL_LIMITS, segmentBytes: 700, preallocationBytes: 256 };
  const log = await createLog(machine.run(), IDENTITY, MEMBERS, limits);
  await log.persist({ hardState: voteOf(1, 0), entries: entriesFrom(1, 12, 1) });
  await writeSnapshot(log, 4, 1);
  await log.persist({ entries: entriesFrom(13, 12, 1) });
  const truncateFrom = logIndex(20);
  await log.persist({ hardState: voteOf(3, 18), truncateFrom, entries: entriesFrom(20, 9, 3) });
  await writeSnapshot(log, 16, 1);
  await log.compact(logIndex(4));
  await log.persist({ chunks: chunksOf(storedSnapshot(40, 3), 0, 50).slice(0, 3) });
  await log.persist({ hardState: LAST_VOTE, entries: entriesFrom(29, 3, 3) });
  await log.close();
  const entries = [
    ...entriesFrom(1, 12, 1),
    ...entriesFrom(13, 7, 1),
    ...entriesFrom(20, 9, 3),
    ...entriesFrom(29, 3, 3),
  ];
  return { machine, entries };
}

async function writeSnapshot(log: DurableLog, index: number, itsTerm: number): Promise<void> {
  const writer = await log.createSnapshot(snapshotMeta(index, itsTerm));
  await writer.write(snapshotBytes(index));
  await writer.commit();
}
