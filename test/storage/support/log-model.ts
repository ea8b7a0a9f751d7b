/**
 * What a log may hold after a crash, told without any file: what was acknowledged, followed by a
 * beginning of what was asked for and not answered, record by record.
 */

import { crc32 } from "node:zlib";
import { expect } from "vitest";
import { term } from "../../../src/base/ids.ts";
import type { LogEntry, SnapshotMeta } from "../../../src/raft/log-entry.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import type { PersistRequest } from "../../../src/storage/segments/log-writer.ts";
import type { Vote } from "../../../src/storage/state-file.ts";
import { readWhole, snapshotBytes } from "./contents.ts";

/** A log as its reader sees it. */
export interface LogState {
  /** The last entry that only a snapshot stands for. */
  readonly baseIndex: number;
  readonly entries: readonly LogEntry[];
}

type Step =
  | { readonly installedIndex: number }
  | { readonly truncateFrom: number }
  | { readonly entry: LogEntry };

export function lastIndexOf({ baseIndex, entries }: LogState): number {
  return baseIndex + entries.length;
}

/** What a request does, in its smallest parts. */
function stepsOf({ snapshot, truncateFrom, entries = [] }: PersistRequest): Step[] {
  return [
    ...(snapshot ? [{ installedIndex: snapshot.meta.index }] : []),
    ...(truncateFrom === undefined ? [] : [{ truncateFrom }]),
    ...entries.map((entry) => ({ entry })),
  ];
}

function afterStep(state: LogState, step: Step): LogState {
  if ("installedIndex" in step) return { baseIndex: step.installedIndex, entries: [] };
  if ("entry" in step) return { ...state, entries: [...state.entries, step.entry] };
  return { ...state, entries: state.entries.filter(({ index }) => index < step.truncateFrom) };
}

function afterRequest(state: LogState, request: PersistRequest): LogState {
  return stepsOf(request).reduce(afterStep, state);
}

/** See the head of this file. */
export class LogModel {
  acknowledged: LogState = { baseIndex: 0, entries: [] };
  vote: Vote = { term: term(0), votedFor: undefined };
  /** Of the snapshot that was acknowledged, and of those that may be there. */
  snapshotIndex = 0;
  #maybeSnapshots: number[] = [];
  #maybeVotes: Vote[] = [];
  /** Requests without an answer, in their order. */
  #underWay: PersistRequest[] = [];

  /** The log as it will be when everything is answered. */
  get accepted(): LogState {
    return this.#underWay.reduce(afterRequest, this.acknowledged);
  }

  /** The last entry that was acknowledged, and that no request under way truncates. */
  get settledIndex(): number {
    const cuts = this.#underWay.map(({ truncateFrom = Infinity }) => truncateFrom - 1);
    return Math.min(lastIndexOf(this.acknowledged), ...cuts);
  }

  get acceptedVote(): Vote {
    const voted = this.#underWay.findLast(({ hardState }) => hardState !== undefined);
    return voted?.hardState ?? this.vote;
  }

  asks(request: PersistRequest): void {
    this.#underWay.push(request);
    const { hardState, snapshot } = request;
    if (hardState !== undefined) this.#maybeVotes.push(hardState);
    if (snapshot !== undefined) this.#maybeSnapshots.push(snapshot.meta.index);
  }

  /** Answers come in the order of the requests. */
  answered(request: PersistRequest): void {
    expect(this.#underWay.shift()).toBe(request);
    this.acknowledged = afterRequest(this.acknowledged, request);
    const { hardState, snapshot } = request;
    if (hardState !== undefined) {
      this.vote = hardState;
      this.#maybeVotes = this.#maybeVotes.slice(this.#maybeVotes.indexOf(hardState) + 1);
    }
    if (snapshot !== undefined) this.snapshotIndex = snapshot.meta.index;
  }

  beginsSnapshot(index: number): void {
    this.#maybeSnapshots.push(index);
  }

  hasSnapshot(index: number): void {
    this.snapshotIndex = Math.max(this.snapshotIndex, index);
  }

  /** A log that was opened holds what it may, to the last byte; from now on that is acknowledged. */
  async check(log: DurableLog): Promise<void> {
    const { hardState, snapshot, entries } = log.restore();
    const { index } = snapshot;
    const vote = { term: hardState.term, votedFor: hardState.votedFor };
    const votes = [this.vote, ...this.#maybeVotes];
    expect(votes.map(({ term, votedFor }) => ({ term, votedFor }))).toContainEqual(vote);
    expect(hardState.commitIndex).toBeLessThanOrEqual(log.lastIndex);
    expect([this.snapshotIndex, ...this.#maybeSnapshots]).toContain(index);
    expect(index).toBeGreaterThanOrEqual(this.snapshotIndex);
    if (index > 0) expect(await readWhole(log)).toEqual(snapshotBytes(index));
    const possible = this.#possible().map((state) => fingerprint(behind(state, snapshot)));
    expect(possible).toContain(fingerprint(entries));
    this.acknowledged = { baseIndex: index, entries };
    this.vote = vote;
    this.snapshotIndex = index;
    this.#maybeSnapshots = [];
    this.#maybeVotes = [];
    this.#underWay = [];
  }

  #possible(): LogState[] {
    let state = this.acknowledged;
    const states = [state];
    for (const step of this.#underWay.flatMap(stepsOf)) {
      state = afterStep(state, step);
      states.push(state);
    }
    return states;
  }
}

/** What counts of a log behind a snapshot: nothing, where it does not reach it or contradicts it. */
function behind({ baseIndex, entries }: LogState, { index, term }: SnapshotMeta): LogEntry[] {
  const isOfIt = index === baseIndex || entries[index - baseIndex - 1]?.term === term;
  return isOfIt ? entries.filter((entry) => entry.index > index) : [];
}

/** Entries as a line of text each: quick to compare, and readable where they differ. */
export function fingerprint(entries: readonly LogEntry[]): string {
  const line = ({ index, term, kind, data }: LogEntry): string =>
    `${index} ${term} ${kind} ${data.length} ${crc32(data)}`;
  return entries.map(line).join("\n");
}
