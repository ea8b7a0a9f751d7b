/**
 * What a survey means: whether all that was acknowledged is there.
 *
 * A fault is covered where something else stands in for it: the other copy of the vote, a snapshot
 * that holds the damaged entries. Everything else that is not as it was written makes the folder
 * damaged, and whatever cannot be told from that.
 */

import type { StoredSnapshot } from "../../raft/stored-snapshot.ts";
import { RECOVERY_FILE, STATE_FILE, segmentName } from "../file-names.ts";
import { wholeOf } from "../snapshots/snapshot-scan.ts";
import type { Fault, TornTail, Verdict } from "../verdict.ts";
import type { Survey } from "./survey.ts";

/** Faults of a folder: those that lose something, and those that something else stands in for. */
interface Faults {
  readonly losses: Fault[];
  readonly covered: Fault[];
}

export function judge(survey: Survey): Verdict {
  if (isNew(survey)) return { kind: "new" };
  const newest = newestOf(survey);
  const faults: Faults = { losses: [], covered: [...survey.replay.faults] };
  judgeSnapshots(survey, newest, faults);
  judgeVote(survey, newest, faults);
  judgeMark(survey, faults);
  judgeLog(survey, newest, faults);
  if (survey.recovery === "damaged") {
    faults.losses.push({ file: RECOVERY_FILE, what: "is damaged" });
  }
  const { losses, covered } = faults;
  if (losses.length > 0) return { kind: "damaged", faults: [...losses, ...covered] };
  const isRecovering = survey.recovery !== undefined;
  return { kind: "intact", isRecovering, tornTail: tornTailOf(survey), covered };
}

/** The youngest snapshot that is whole. */
export function newestOf({ snapshots }: Survey): StoredSnapshot | undefined {
  const whole = snapshots.map(wholeOf).filter((snapshot) => snapshot !== undefined);
  return whole.sort((a, b) => b.meta.index - a.meta.index)[0];
}

/** A creation that a crash has cut short counts as none, also one as a member that recovers. */
function isNew({ state, snapshots, segments }: Survey): boolean {
  const isStateNew = state === undefined || (state.vote?.term === 0 && state.mark?.segment === 0);
  return isStateNew && snapshots.length === 0 && segments.length === 0;
}

function judgeSnapshots(
  { snapshots }: Survey,
  newest: StoredSnapshot | undefined,
  { losses, covered }: Faults,
): void {
  for (const scan of snapshots) {
    // Whether an older one and the log stand in for it is judged with the log.
    const isDamaged = scan.kind === "snapshot" && wholeOf(scan) === undefined;
    if (isDamaged) covered.push({ file: scan.name, what: "is damaged" });
  }
  if (newest === undefined) losses.push({ file: "snapshot-*", what: "is missing: none is whole" });
}

function judgeVote(
  { state, replay }: Survey,
  newest: StoredSnapshot | undefined,
  { losses, covered }: Faults,
): void {
  const file = STATE_FILE;
  if (state?.vote === undefined) {
    losses.push({ file, what: state === undefined ? "is missing" : "has lost term and vote" });
    return;
  }
  const { term } = state.vote;
  const ofLog = Math.max(replay.entries.at(-1)?.term ?? 0, newest?.meta.term ?? 0);
  if (term < ofLog) losses.push({ file, what: `is of term ${term}, and the log of ${ofLog}` });
  if (!state.hasBothVotes) covered.push({ file, what: "has lost one of two copies of the vote" });
  if (!state.isIdentitySound) covered.push({ file, what: "does not say any more whose it is" });
}

function judgeMark({ state, segments, replay }: Survey, { losses, covered }: Faults): void {
  if (state === undefined) return;
  if (state.mark === undefined) {
    // Without it, a torn tail may be a batch that was acknowledged.
    const isNeeded = (replay.tail?.tornBytes ?? 0) > 0;
    (isNeeded ? losses : covered).push({ file: STATE_FILE, what: "has lost its mark" });
    return;
  }
  const { segment } = state.mark;
  const last = segments.at(-1)?.sequence ?? 0;
  if (segment > last) losses.push({ file: segmentName(segment), what: "is missing" });
}

/** Whether the entries behind the snapshot are all there. What is not was noted as a fault. */
function judgeLog(
  { replay, segments }: Survey,
  newest: StoredSnapshot | undefined,
  { losses }: Faults,
): void {
  if (segments.length === 0) return;
  const { base, isLost } = replay;
  const index = newest?.meta.index ?? 0;
  const file = "segment-*";
  if (isLost) losses.push({ file, what: "has lost entries at its end" });
  else if (base.index > index) {
    losses.push({ file, what: `has lost entries ${index + 1} to ${base.index}` });
  } else if (base.index === index && base.term === undefined) {
    losses.push({ file, what: `does not say any more which entry ${index} it follows` });
  }
}

function tornTailOf({ replay: { tail } }: Survey): TornTail | undefined {
  if (tail === undefined || tail.tornBytes === 0) return undefined;
  return { file: segmentName(tail.segment), offset: tail.end, lostBytes: tail.tornBytes };
}
