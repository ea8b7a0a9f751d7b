/**
 * What a log may hold after a crash, told without any file: what was acknowledged, and what was asked
 * for since then, record by record.
 *
 * The rule: after a crash the log is what was acknowledged, followed by a beginning of what was asked
 * for and not answered. Requests that found no room count as not answered until a later one has
 * changed the log.
 */

import { crc32 } from "node:zlib";
import { expect } from "vitest";
import { type LogIndex, logIndex, term } from "../../../src/base/ids.ts";
import type { HardState, LogEntry } from "../../../src/raft/log-entry.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import type { PersistRequest } from "../../../src/storage/persist-request.ts";
import { readWhole, snapshotBytes } from "./snapshots.ts";

type Vote = Pick<HardState, "term" | "votedFor">;

/** A log as its reader sees it. */
export interface LogState {
  /** The last entry that only a snapshot stands for. */
  readonly base: { readonly index: number; readonly term: number };
  readonly entries: readonly LogEntry[];
}

type Step =
  | { readonly installed: LogState["base"] }
  | { readonly truncateFrom: number }
  | { readonly entry: LogEntry };

export const EMPTY: LogState = { base: { index: 0, term: 0 }, entries: [] };

export function lastIndexOf({ base, entries }: LogState): number {
  return base.index + entries.length;
}

/** What a request does, in its smallest parts. */
function stepsOf({ snapshot, truncateFrom, entries = [] }: PersistRequest): Step[] {
  return [
    ...(snapshot ? [{ installed: { index: snapshot.meta.index, term: snapshot.meta.term } }] : []),
    ...(truncateFrom === undefined ? [] : [{ truncateFrom }]),
    ...entries.map((entry) => ({ entry })),
  ];
}

function afterStep(state: LogState, step: Step): LogState {
  if ("installed" in step) return { base: step.installed, entries: [] };
  if ("entry" in step) return { ...state, entries: [...state.entries, step.entry] };
  return { ...state, entries: state.entries.filter(({ index }) => index < step.truncateFrom) };
}

export function afterRequest(state: LogState, request: PersistRequest): LogState {
  return stepsOf(request).reduce(afterStep, state);
}

/** See the head of this file. */
export class LogModel {
  acknowledged: LogState = EMPTY;
  vote: Vote = { term: term(0), votedFor: undefined };
  /** Snapshots that were acknowledged, and those that may be there. */
  snapshotIndex = 0;
  #maybeSnapshots: number[] = [];
  #maybeVotes: Vote[] = [];
  /** Requests without an answer, in their order. */
  #underWay: PersistRequest[] = [];
  /** Those that found no room since the last answer; each list was refused at once. */
  #refused: PersistRequest[][] = [];
  #isRefusing = false;

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
    if (request.hardState !== undefined) this.#maybeVotes.push(request.hardState);
    if (request.snapshot !== undefined) this.#maybeSnapshots.push(request.snapshot.meta.index);
  }

  /** Answers come in the order of the requests. */
  answered(request: PersistRequest): void {
    expect(this.#underWay.shift()).toBe(request);
    this.#isRefusing = false;
    if (stepsOf(request).length > 0) this.#refused = [];
    this.acknowledged = afterRequest(this.acknowledged, request);
    const { hardState, snapshot } = request;
    if (hardState !== undefined) {
      this.vote = hardState;
      this.#maybeVotes = this.#maybeVotes.slice(this.#maybeVotes.indexOf(hardState));
    }
    if (snapshot !== undefined) this.snapshotIndex = snapshot.meta.index;
  }

  /** A request found no room. `vote` is what the log says to have. */
  refused(request: PersistRequest, vote: Vote): void {
    if (!this.#isRefusing) this.#refused.push([]);
    this.#isRefusing = true;
    this.#refused.at(-1)!.push(request);
    this.#underWay = this.#underWay.filter((other) => other !== request);
    expect(this.#votes).toContainEqual({ term: vote.term, votedFor: vote.votedFor });
    this.vote = vote;
  }

  beginsSnapshot(index: number): void {
    this.#maybeSnapshots.push(index);
  }

  hasSnapshot(index: number): void {
    this.snapshotIndex = Math.max(this.snapshotIndex, index);
  }

  /** A log that was opened holds what it may, to the last byte; from now on that is acknowledged. */
  async check(log: DurableLog): Promise<void> {
    const { hardState, snapshot } = log;
    const { term, votedFor, commitIndex } = hardState;
    expect(this.#votes).toContainEqual({ term, votedFor });
    expect(commitIndex).toBeLessThanOrEqual(Math.max(log.lastIndex, snapshot.meta.index));
    const { index } = snapshot.meta;
    expect([this.snapshotIndex, ...this.#maybeSnapshots]).toContain(index);
    expect(index).toBeGreaterThanOrEqual(this.snapshotIndex);
    if (index > 0) expect(await readWhole(log, index)).toEqual(snapshotBytes(index));
    const found = await readBehind(log, index);
    const possible = this.#possible().map((state) => fingerprint(behind(state, index)));
    expect(possible).toContain(fingerprint(found));
    this.acknowledged = { base: { index, term: snapshot.meta.term }, entries: found };
    this.vote = { term, votedFor };
    this.snapshotIndex = index;
    this.#maybeSnapshots = [];
    this.#maybeVotes = [];
    this.#underWay = [];
    this.#refused = [];
    this.#isRefusing = false;
  }

  get #votes(): Vote[] {
    const votes = [this.vote, ...this.#maybeVotes];
    return votes.map(({ term, votedFor }) => ({ term, votedFor }));
  }

  #possible(): LogState[] {
    const states = [this.acknowledged];
    for (const chain of [...this.#refused, this.#underWay]) {
      let state = this.acknowledged;
      for (const step of chain.flatMap(stepsOf)) {
        state = afterStep(state, step);
        states.push(state);
      }
    }
    return states;
  }
}

function behind({ entries }: LogState, index: number): LogEntry[] {
  return entries.filter((entry) => entry.index > index);
}

/** Entries as a line of text each: quick to compare, and readable where they differ. */
function fingerprint(entries: readonly LogEntry[]): string {
  const lines = entries.map(
    ({ index, term, kind, data }) => `${index} ${term} ${kind} ${crc32(data)}`,
  );
  return lines.join("\n");
}

/** All entries behind a snapshot, with their data as plain bytes. */
export async function readBehind(log: DurableLog, index: number): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let from = Math.max(index + 1, log.firstIndex); from <= log.lastIndex; ) {
    const read = await log.entries(logIndex(from), log.lastIndex, 500);
    entries.push(...read.map((entry) => ({ ...entry, data: new Uint8Array(entry.data) })));
    from = (entries.at(-1)!.index as LogIndex) + 1;
  }
  return entries;
}
