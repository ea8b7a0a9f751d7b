/**
 * The messages of the consensus core on the wire. Numbers, texts and enums are checked here; what
 * makes a message acceptable beyond that is the core's to say (raft/well-formed.ts).
 */

import { unreachable } from "../../base/assert.ts";
import { logIndex, type MemberId, memberId, term } from "../../base/ids.ts";
import type { LogEntry, Membership } from "../../raft/log-entry.ts";
import type { Message } from "../../raft/message.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { isWellFormed } from "../../raft/well-formed.ts";
import {
  StepRequest,
  StepResponse,
  type LogEntry as WireEntry,
  LogEntry_Kind as WireKind,
  type Membership as WireMembership,
  type Snapshot as WireSnapshot,
} from "../generated/sheaf/v1/raft.ts";
import { address, choice, invalid, numberOf, present } from "./checks.ts";
import { emptyForm, form } from "./form.ts";

const KINDS: Readonly<Record<LogEntry["kind"], WireKind>> = {
  command: WireKind.COMMAND,
  membership: WireKind.MEMBERSHIP,
  "no-op": WireKind.NO_OP,
};

type Body = NonNullable<StepRequest["message"]>;
/** What a message is made of besides its envelope. */
type Inner<M = Message> = M extends Message
  ? Omit<M, "from" | "to" | "term" | "recovering">
  : never;

/** A message, and where whoever says it is called, if it tells. */
export interface SaidMessage {
  readonly message: Message;
  /** "host:port". */
  readonly address: string | undefined;
}

export const saidMessageForm = form<SaidMessage, StepRequest>(
  StepRequest,
  ({ message, address: own }) => ({ ...messageToWire(message), address: own }),
  (wire) => {
    const message = messageFromWire(wire);
    if (!isWellFormed(message)) throw invalid(message.type, "says what no master of a group says");
    const { address: own } = wire;
    return { message, address: own === undefined ? undefined : address("address", own) };
  },
);

export const stepAnswerForm = emptyForm(StepResponse, {});

function messageToWire(message: Message): StepRequest {
  const { from, to, term } = message;
  const recovering = "recovering" in message ? message.recovering : undefined;
  return { from, to, term, recovering, message: bodyToWire(message) };
}

function bodyToWire(message: Message): Body {
  switch (message.type) {
    case "pre-vote-request":
      return { $case: "preVoteRequest", value: message };
    case "pre-vote-response":
      return { $case: "preVoteResponse", value: message };
    case "vote-request":
      return { $case: "voteRequest", value: message };
    case "vote-response":
      return { $case: "voteResponse", value: message };
    case "append":
      return { $case: "append", value: { ...message, entries: message.entries.map(entryToWire) } };
    case "append-accepted":
      return { $case: "appendAccepted", value: message };
    case "append-rejected":
      return { $case: "appendRejected", value: message };
    case "heartbeat":
      return { $case: "heartbeat", value: message };
    case "heartbeat-response":
      return { $case: "heartbeatResponse", value: message };
    case "newer-term":
      return { $case: "newerTerm", value: {} };
    case "snapshot-chunk": {
      const { snapshot, offset, data } = message;
      const value = { snapshot: snapshotToWire(snapshot), offsetBytes: offset, data };
      return { $case: "snapshotChunk", value };
    }
    case "snapshot-progress":
      return { $case: "snapshotProgress", value: message };
    case "timeout-now":
      return { $case: "timeoutNow", value: {} };
    case "read-request":
      return { $case: "readRequest", value: message };
    case "read-response":
      return { $case: "readResponse", value: message };
    default:
      return unreachable(message);
  }
}

function messageFromWire(wire: StepRequest): Message {
  const inner = innerFromWire(present("message", wire.message));
  const envelope = { from: memberId(wire.from), to: memberId(wire.to), term: term(wire.term) };
  const { recovering } = wire;
  // What a follower says to its leader has the number of a recovery, and nothing else has.
  const message = FOLLOWER_REPLIES.has(inner.type)
    ? { ...envelope, recovering, ...inner }
    : { ...envelope, ...inner };
  return message as Message;
}

const FOLLOWER_REPLIES: ReadonlySet<Message["type"]> = new Set([
  "pre-vote-response",
  "append-accepted",
  "append-rejected",
  "heartbeat-response",
  "snapshot-progress",
]);

function innerFromWire(body: Body): Inner {
  switch (body.$case) {
    case "preVoteRequest": {
      const { lastIndex, lastTerm, attempt } = body.value;
      return { type: "pre-vote-request", ...place(lastIndex, lastTerm), attempt };
    }
    case "preVoteResponse":
      return { type: "pre-vote-response", ...body.value };
    case "voteRequest": {
      const { lastIndex, lastTerm, transfer, founder } = body.value;
      return { type: "vote-request", ...place(lastIndex, lastTerm), transfer, founder };
    }
    case "voteResponse":
      return { type: "vote-response", ...body.value };
    case "append": {
      const { prevIndex, prevTerm, entries, commitIndex } = body.value;
      return {
        type: "append",
        prevIndex: logIndex(prevIndex),
        prevTerm: term(prevTerm),
        entries: entries.map(entryFromWire),
        commitIndex: logIndex(commitIndex),
      };
    }
    case "appendAccepted":
      return { type: "append-accepted", matchIndex: logIndex(body.value.matchIndex) };
    case "appendRejected": {
      const { rejectedIndex, hintIndex, hintTerm } = body.value;
      return {
        type: "append-rejected",
        rejectedIndex: logIndex(rejectedIndex),
        hintIndex: logIndex(hintIndex),
        hintTerm: term(hintTerm),
      };
    }
    case "heartbeat": {
      const { commitIndex, readRound, recovery } = body.value;
      return {
        type: "heartbeat",
        commitIndex: logIndex(commitIndex),
        readRound,
        recovery: recovery && { id: recovery.id, index: logIndex(recovery.index) },
      };
    }
    case "heartbeatResponse": {
      const { matchIndex, readRound, recoveryId } = body.value;
      return {
        type: "heartbeat-response",
        matchIndex: logIndex(matchIndex),
        readRound,
        recoveryId,
      };
    }
    case "newerTerm":
      return { type: "newer-term" };
    case "snapshotChunk": {
      const { snapshot, offsetBytes, data } = body.value;
      const stored = snapshotFromWire(present("snapshot_chunk.snapshot", snapshot));
      return { type: "snapshot-chunk", snapshot: stored, offset: offsetBytes, data };
    }
    case "snapshotProgress": {
      const { snapshotIndex, ...rest } = body.value;
      return { type: "snapshot-progress", snapshotIndex: logIndex(snapshotIndex), ...rest };
    }
    case "timeoutNow":
      return { type: "timeout-now" };
    case "readRequest":
      return { type: "read-request", ...body.value };
    case "readResponse": {
      const { requestId, readIndex } = body.value;
      const index = readIndex === undefined ? undefined : logIndex(readIndex);
      return { type: "read-response", requestId, readIndex: index };
    }
  }
}

function place(lastIndex: number, lastTerm: number) {
  return { lastIndex: logIndex(lastIndex), lastTerm: term(lastTerm) };
}

function entryToWire({ index, term, kind, data }: LogEntry): WireEntry {
  return { index, term, kind: numberOf(kind, KINDS), data };
}

function entryFromWire(wire: WireEntry): LogEntry {
  return {
    index: logIndex(wire.index),
    term: term(wire.term),
    kind: choice("append.entries.kind", wire.kind, KINDS),
    data: wire.data,
  };
}

function snapshotToWire({ meta, sizeBytes, checksum }: StoredSnapshot): WireSnapshot {
  const { voters, learners } = meta.membership;
  const membership = { voters: [...voters], learners: [...learners] };
  return { index: meta.index, term: meta.term, membership, sizeBytes, checksum };
}

function snapshotFromWire(wire: WireSnapshot): StoredSnapshot {
  const membership = membershipFromWire(present("snapshot.membership", wire.membership));
  return {
    meta: { index: logIndex(wire.index), term: term(wire.term), membership },
    sizeBytes: wire.sizeBytes,
    checksum: wire.checksum,
  };
}

function membershipFromWire({ voters, learners }: WireMembership): Membership {
  const ids = (numbers: readonly number[]): MemberId[] => numbers.map(memberId);
  return { voters: ids(voters), learners: ids(learners) };
}
