/** Messages and effects as lines of text, for traces that people read. */

import type { LogEntry, Membership, SnapshotMeta } from "../../../src/raft/log-entry.ts";
import { decodeMembership } from "../../../src/raft/membership.ts";
import type { Message, OutgoingMessage } from "../../../src/raft/message.ts";
import type { Persist, ReadOutcome, Ready, Standing } from "../../../src/raft/ready.ts";

type AnyMessage = Message | OutgoingMessage;

export function describeMessage(message: AnyMessage): string {
  const { from, to, type, term } = message;
  const mark = "recovering" in message && message.recovering !== undefined ? " recovering" : "";
  return `${from}->${to} ${type} term=${term}${bodyOf(message)}${mark}`;
}

function bodyOf(message: AnyMessage): string {
  switch (message.type) {
    case "pre-vote-request":
      return ` last=${message.lastTerm}/${message.lastIndex}`;
    case "vote-request": {
      const transfer = message.transfer ? " transfer" : "";
      return ` last=${message.lastTerm}/${message.lastIndex}${transfer}`;
    }
    case "pre-vote-response":
    case "vote-response":
      return message.granted ? " granted" : " refused";
    case "append": {
      const { prevTerm, prevIndex, commitIndex, entries } = message;
      const list = entries.length === 0 ? "" : ` [${entries.map(describeEntry).join(", ")}]`;
      return ` prev=${prevTerm}/${prevIndex} commit=${commitIndex}${list}`;
    }
    case "append-accepted":
      return ` match=${message.matchIndex}`;
    case "append-rejected": {
      const { rejectedIndex, hintTerm, hintIndex } = message;
      return ` at=${rejectedIndex} hint=${hintTerm}/${hintIndex}`;
    }
    case "heartbeat": {
      const barrier = message.recovery === undefined ? "" : ` barrier=${message.recovery.index}`;
      return ` commit=${message.commitIndex} round=${message.readRound}${barrier}`;
    }
    case "heartbeat-response":
      return ` match=${message.matchIndex} round=${message.readRound}`;
    case "snapshot-chunk": {
      const { snapshot, offset } = message;
      const count = "data" in message ? message.data.length : message.byteCount;
      const range = count === 0 ? `ask at ${offset}` : `bytes ${offset}+${count}`;
      return ` ${describeMeta(snapshot.meta)} ${range} of ${snapshot.sizeBytes}`;
    }
    case "snapshot-progress": {
      const gap = message.isGap ? " gap" : "";
      return ` at=${message.snapshotIndex} received=${message.receivedBytes}${gap}`;
    }
    case "read-request":
      return ` ${readName(message.requestId)}`;
    case "read-response":
      return ` ${readName(message.requestId)} index=${message.readIndex ?? "none"}`;
    case "newer-term":
    case "timeout-now":
      return "";
  }
}

export function describeEntry({ index, term, kind, data }: LogEntry): string {
  const place = `${term}/${index}`;
  if (kind === "no-op") return `${place} no-op`;
  if (kind === "command") return `${place} "${new TextDecoder().decode(data)}"`;
  return `${place} ${describeMembership(decodeMembership(data)!)}`;
}

export function describeMembership({ voters, learners }: Membership): string {
  return `voters=${voters.join("+")}${learners.length > 0 ? ` learners=${learners.join("+")}` : ""}`;
}

export function describeStanding({ role, term, leader, isRemoved }: Standing): string {
  const of = role === "follower" && leader !== undefined ? ` of ${leader}` : "";
  return `${role}${of} in term ${term}${isRemoved ? ", removed" : ""}`;
}

/** Everything that a `Ready` asks for, a line each. */
export function describeReady(ready: Ready): string[] {
  const { standing, messages, persist, messagesAfterPersist, committed, reads } = ready;
  return [
    ...(standing === undefined ? [] : [`is ${describeStanding(standing)}`]),
    ...messages.map((message) => `at once ${describeMessage(message)}`),
    ...(persist === undefined ? [] : describePersist(persist)),
    ...messagesAfterPersist.map((message) => `then ${describeMessage(message)}`),
    ...committed.map((entry) => `apply ${describeEntry(entry)}`),
    ...reads.map(describeRead),
  ];
}

function describePersist(persist: Persist): string[] {
  const { hardState, chunks, snapshot, truncateFrom, entries, recovered } = persist;
  const lines: string[] = [];
  if (hardState !== undefined) {
    const { term, votedFor, commitIndex } = hardState;
    lines.push(`write term=${term} vote=${votedFor ?? "none"} commit=${commitIndex}`);
  }
  for (const { offset, data, isLast } of chunks) {
    lines.push(`write snapshot bytes ${offset}+${data.length}${isLast ? ", the last" : ""}`);
  }
  if (snapshot !== undefined) lines.push(`install ${describeMeta(snapshot.meta)}`);
  if (truncateFrom !== undefined) lines.push(`truncate from ${truncateFrom}`);
  for (const entry of entries) lines.push(`write ${describeEntry(entry)}`);
  if (recovered) lines.push("recovered");
  return lines;
}

function describeRead(outcome: ReadOutcome): string {
  const result = "failed" in outcome ? outcome.failed : `served at ${outcome.readIndex}`;
  return `${readName(outcome.id)} ${result}`;
}

/** The number of a read within its member's life. */
export function readName(id: number): string {
  return `read#${id % 2 ** 16}`;
}

function describeMeta({ index, term }: SnapshotMeta): string {
  return `snapshot ${term}/${index}`;
}
