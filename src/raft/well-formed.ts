/**
 * Which messages are worth handling. What comes from a socket may be absurd; a message that no
 * honest member can have sent is dropped here, so that the rules behind need not doubt numbers.
 */

import type { LogIndex, Term } from "../base/ids.ts";
import { MEMBER_ID_MAX, NUMBER_MAX } from "./limits.ts";
import type { LogEntry } from "./log-entry.ts";
import { decodeMembership, isMembership } from "./membership.ts";
import type { Append, Message, SnapshotChunk } from "./message.ts";

/** Whether every field is within its bounds and fits the others. */
export function isWellFormed(message: Message): boolean {
  return (
    isId(message.from) &&
    isId(message.to) &&
    isCount(message.term) &&
    (message.term > 0 || !needsTerm(message)) &&
    hasSoundBody(message)
  );
}

/** Nobody leads, or is elected in, the term before the first. */
function needsTerm({ type }: Message): boolean {
  switch (type) {
    case "vote-request":
    case "append":
    case "heartbeat":
    case "snapshot-chunk":
    case "timeout-now":
      return true;
    default:
      return false;
  }
}

function hasSoundBody(message: Message): boolean {
  switch (message.type) {
    case "pre-vote-request":
      return isCount(message.attempt) && isPlace(message.lastIndex, message.lastTerm, message.term);
    case "vote-request":
      return (
        isPlace(message.lastIndex, message.lastTerm, message.term) && isRecovery(message.founder)
      );
    case "pre-vote-response":
      return isCount(message.attempt) && isRecovery(message.recovering);
    case "append":
      return isSoundAppend(message);
    case "append-accepted":
      return isRecovery(message.recovering) && isCount(message.matchIndex);
    case "append-rejected":
      return (
        isRecovery(message.recovering) &&
        isCount(message.rejectedIndex) &&
        isPlace(message.hintIndex, message.hintTerm, message.term)
      );
    case "heartbeat":
      return (
        isCount(message.commitIndex) &&
        isCount(message.readRound) &&
        (message.recovery === undefined ||
          (isCount(message.recovery.id) && isCount(message.recovery.index)))
      );
    case "heartbeat-response":
      return (
        isRecovery(message.recovering) &&
        isCount(message.matchIndex) &&
        isCount(message.readRound) &&
        isRecovery(message.recoveryId)
      );
    case "snapshot-chunk":
      return isSoundChunk(message);
    case "snapshot-progress":
      return isRecovery(message.recovering) && isCount(message.receivedBytes);
    case "read-request":
      return isCount(message.requestId);
    case "read-response":
      return (
        isCount(message.requestId) &&
        (message.readIndex === undefined || isCount(message.readIndex))
      );
    case "vote-response":
    case "newer-term":
    case "timeout-now":
      return true;
    default:
      // A type that this version does not know.
      return false;
  }
}

function isSoundAppend({ prevIndex, prevTerm, entries, commitIndex, term }: Append): boolean {
  if (!isPlace(prevIndex, prevTerm, term) || !isCount(commitIndex)) return false;
  let lastTerm = prevTerm;
  return entries.every((entry, i) => {
    const follows = entry.index === prevIndex + 1 + i && entry.term >= lastTerm;
    lastTerm = entry.term;
    return follows && isPlace(entry.index, entry.term, term) && isSoundEntry(entry);
  });
}

function isSoundEntry({ kind, data }: LogEntry): boolean {
  if (kind === "membership") return decodeMembership(data) !== undefined;
  return kind === "command" || kind === "no-op";
}

function isSoundChunk({ snapshot, offset, data, term }: SnapshotChunk): boolean {
  const { meta, sizeBytes, checksum } = snapshot;
  return (
    isPlace(meta.index, meta.term, term) &&
    meta.index > 0 &&
    isMembership(meta.membership) &&
    isCount(sizeBytes) &&
    sizeBytes > 0 &&
    isCount(checksum) &&
    isCount(offset) &&
    offset + data.length <= sizeBytes
  );
}

/** A place in a log, of an entry or before the first: nobody has entries of terms to come. */
function isPlace(index: LogIndex, term: Term, currentTerm: Term): boolean {
  return isCount(index) && isCount(term) && term <= currentTerm && index > 0 === term > 0;
}

function isRecovery(id: number | undefined): boolean {
  return id === undefined || isCount(id);
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 1 && id <= MEMBER_ID_MAX;
}

function isCount(number: number): boolean {
  return Number.isInteger(number) && number >= 0 && number <= NUMBER_MAX;
}
