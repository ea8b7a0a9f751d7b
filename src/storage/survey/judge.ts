/**
 * What a survey means: whether all that was acknowledged is there, and if not, what is certain.
 *
 * A fault is covered where something else stands in for it: the other copy of the vote, a snapshot
 * that holds the damaged entries, an older snapshot with all entries behind it. Everything else that
 * is not as it was written makes the folder damaged, and whatever cannot be told from that.
 */

import { type memberId, type Term, term } from "../../base/ids.ts";
import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { MARK_FILE, RECOVERY_FILE, segmentName, VOTE_FILE } from "../file-names.ts";
import { NO_MARK } from "../mark-file.ts";
import type { SnapshotScan } from "../snapshots/snapshot-scan.ts";
import { FaultList } from "./fault-list.ts";
import type { Survey } from "./survey.ts";
import type { Certain, IndexRange, TornTail, Verdict } from "./verdict.ts";

/** What follows from a survey. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The youngest snapshot that is whole. */
  readonly newest: StoredSnapshot | undefined;
}

export function judge(survey: Survey): Judgement {
  const newest = newestWhole(survey.snapshots);
  return { newest, verdict: isNew(survey) ? { kind: "new" } : judgeUsed(survey, newest) };
}

/** A creation that a crash has cut short counts as none: it acknowledged nothing. */
function isNew({ vote, mark, recovery, snapshots, segments }: Survey): boolean {
  const isVoteNew = vote.state === "sound" ? vote.vote.term === 0 : vote.state !== "damaged";
  const isMarkNew = mark.state === "sound" ? mark.mark.segment === 0 : mark.state !== "damaged";
  const isEmpty = segments.length === 0 && snapshots.every(({ state }) => state === "writing");
  return isVoteNew && isMarkNew && isEmpty && recovery === undefined;
}

function judgeUsed(survey: Survey, newest: StoredSnapshot | undefined): Verdict {
  const losses = new FaultList();
  const covered = new FaultList();
  judgeSnapshots(survey, newest, losses, covered);
  judgeVote(survey, newest, losses, covered);
  judgeMark(survey, newest, losses, covered);
  judgeLog(survey, newest?.meta.index ?? 0, losses);
  if (survey.recovery === "clearing") {
    losses.add({ file: RECOVERY_FILE, what: "says that a recovery was begun and not finished" });
  }
  const ofLog = survey.replay.faults;
  if (losses.count === 0) {
    return {
      kind: "intact",
      isRecovering: survey.recovery !== undefined,
      tornTail: tornTailOf(survey),
      covered: [...covered.listed, ...ofLog.listed],
    };
  }
  for (const fault of [...ofLog.listed, ...covered.listed]) losses.add(fault);
  return {
    kind: "damaged",
    faults: losses.listed,
    faultCount: losses.count + ofLog.count - ofLog.listed.length,
    certain: certainOf(survey, newest),
  };
}

function newestWhole(snapshots: readonly SnapshotScan[]): StoredSnapshot | undefined {
  return snapshots
    .filter(({ state, whole }) => state === "snapshot" && whole !== undefined)
    .map(({ whole }) => whole!)
    .sort((a, b) => b.meta.index - a.meta.index)[0];
}

function judgeSnapshots(
  { snapshots }: Survey,
  newest: StoredSnapshot | undefined,
  losses: FaultList,
  covered: FaultList,
): void {
  for (const { name, state, whole } of snapshots) {
    // Whether an older one and the log stand in for it is judged with the log.
    if (state === "snapshot" && whole === undefined)
      covered.add({ file: name, what: "is damaged" });
  }
  if (newest === undefined) losses.add({ file: "snapshot-*", what: "is missing: none is whole" });
}

function judgeVote(
  { vote, replay }: Survey,
  newest: StoredSnapshot | undefined,
  losses: FaultList,
  covered: FaultList,
): void {
  if (vote.state !== "sound") {
    losses.add({ file: VOTE_FILE, what: vote.state === "absent" ? "is missing" : "is damaged" });
    return;
  }
  const ofLog = Math.max(replay.live.lastTerm ?? 0, newest?.meta.term ?? 0);
  if (vote.vote.term < ofLog) {
    const what = `is of term ${vote.vote.term}, and the log of term ${ofLog}`;
    losses.add({ file: VOTE_FILE, what });
  }
  if (vote.lostCopies > 0) covered.add({ file: VOTE_FILE, what: "has lost one of two copies" });
}

function judgeMark(
  { mark, segments, tail, replay }: Survey,
  newest: StoredSnapshot | undefined,
  losses: FaultList,
  covered: FaultList,
): void {
  if (mark.state !== "sound") {
    const what = mark.state === "absent" ? "is missing" : "is damaged";
    // Without it, a torn tail may be a batch that was acknowledged.
    const isNeeded = (tail?.tornBytes ?? 0) > 0;
    (isNeeded ? losses : covered).add({ file: MARK_FILE, what });
    return;
  }
  const { segment, commitIndex } = mark.mark;
  const last = segments.findLast(({ isVoid }) => !isVoid)?.sequence ?? 0;
  if (segment > last) losses.add({ file: segmentName(segment), what: "is missing" });
  const reach = Math.max(replay.live.lastIndex, newest?.meta.index ?? 0);
  if (commitIndex > reach && !replay.isUnknown) {
    const what = `says that entry ${commitIndex} was committed, and the log ends with ${reach}`;
    losses.add({ file: MARK_FILE, what });
  }
}

/** Whether the entries behind the snapshot are all there. What is not was noted as a fault. */
function judgeLog({ replay, segments }: Survey, base: number, losses: FaultList): void {
  const { live, unreadable, isUnknown } = replay;
  const file = "segment-*";
  if (isUnknown) losses.add({ file, what: "has lost entries at its end" });
  if (segments.some(({ isVoid }) => !isVoid) && live.base.index > base) {
    losses.add({ file, what: `has lost entries ${base + 1} to ${live.base.index}` });
  }
  const lost = [...unreadable].filter((index) => index > base);
  if (lost.length > 0) losses.add({ file, what: `has lost the data of ${lost.length} entries` });
}

function tornTailOf({ tail }: Survey): TornTail | undefined {
  if (tail === undefined || tail.tornBytes === 0) return undefined;
  return { file: segmentName(tail.segment), offset: tail.to, lostBytes: tail.tornBytes };
}

function certainOf(survey: Survey, newest: StoredSnapshot | undefined): Certain {
  const { vote, replay, snapshots } = survey;
  const isVoteSound = vote.state === "sound";
  const terms = [
    isVoteSound ? vote.vote.term : 0,
    newest?.meta.term ?? 0,
    replay.live.lastTerm ?? 0,
    ...survey.segments.map(({ terms }) => terms?.last ?? 0),
    ...snapshots.map(({ header }) => header?.term ?? 0),
  ];
  const highest = Math.max(...terms);
  return {
    term: term(highest),
    votedFor: isVoteSound && vote.vote.term === highest ? vote.vote.votedFor : "lost",
    snapshot: newest?.meta,
    entries: certainEntries(survey, newest?.meta.index ?? 0),
  };
}

/** Entries behind the snapshot, up to the first that is lost, as far as they are committed. */
function certainEntries({ replay, mark }: Survey, base: number): IndexRange | undefined {
  const { firstIndex, lastIndex } = replay.live;
  const ranges = [...replay.earlierRanges, { first: firstIndex, last: lastIndex }];
  const committed = (mark.state === "sound" ? mark.mark : NO_MARK).commitIndex;
  const range = ranges.find(({ first, last }) => first <= base + 1 && last > base);
  if (range === undefined) return undefined;
  const firstLost = Math.min(Infinity, ...[...replay.unreadable].filter((index) => index > base));
  const last = Math.min(range.last, committed, firstLost - 1);
  return last > base ? { first: base + 1, last } : undefined;
}

/** The term and vote to go on with where those of the folder are lost: as much as is certain. */
export function certainVote({ term, votedFor }: Certain): {
  readonly term: Term;
  readonly votedFor: ReturnType<typeof memberId> | undefined;
} {
  return { term, votedFor: votedFor === "lost" ? undefined : votedFor };
}
