/**
 * What a data folder holds, as plain data, found without a change to it: for `sheaf doctor`. Its
 * member must not run meanwhile.
 */

import type { HardState, SnapshotMeta } from "../../raft/log-entry.ts";
import type { Disk } from "../disk/disk.ts";
import { parseFileName, STATE_FILE } from "../file-names.ts";
import type { Identity } from "../identity.ts";
import type { LogReplay } from "../segments/log-replay.ts";
import { readOwner, type Vote } from "../state-file.ts";
import type { Verdict } from "../verdict.ts";
import { judge, newestOf } from "./judge.ts";
import { type Survey, surveyFolder } from "./survey.ts";

export interface Inspection {
  readonly verdict: Verdict;
  /** `undefined` where the folder does not say whose it is: nothing else can be verified then. */
  readonly contents: Contents | undefined;
}

export interface Contents {
  readonly identity: Identity;
  readonly vote: Vote | undefined;
  /** What was known to be committed; it may lag. */
  readonly commitIndex: HardState["commitIndex"] | undefined;
  readonly log: LogContents;
  readonly snapshot: (SnapshotMeta & { readonly sizeBytes: number }) | undefined;
  readonly incoming: IncomingContents | undefined;
}

/** Entries as far as they can be read. */
export interface LogContents {
  /** One more than `lastIndex` where there are none. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number | undefined;
  readonly segments: number;
  readonly sizeBytes: number;
}

/** A snapshot that is being received. */
export interface IncomingContents {
  readonly index: number;
  readonly receivedBytes: number;
  readonly sizeBytes: number;
}

/** @throws SheafError `DATA_MISMATCH` for a folder of another format; the system's errors as they are. */
export async function inspectFolder(disk: Disk): Promise<Inspection> {
  const names = await disk.list();
  const isUsed = names.some((name) => {
    const { kind } = parseFileName(name);
    return kind !== "unknown" && kind !== "owner" && kind !== "new";
  });
  if (!isUsed) return { verdict: { kind: "new" }, contents: undefined };
  const identity = names.includes(STATE_FILE) ? await readOwner(disk) : undefined;
  if (identity === undefined) {
    const what = names.includes(STATE_FILE) ? "does not say any more whose it is" : "is missing";
    return {
      verdict: { kind: "damaged", faults: [{ file: STATE_FILE, what }] },
      contents: undefined,
    };
  }
  const survey = await surveyFolder(disk, identity);
  return { verdict: judge(survey), contents: contentsOf(identity, survey) };
}

function contentsOf(identity: Identity, survey: Survey): Contents {
  const { state, snapshots, segments, replay } = survey;
  const newest = newestOf(survey);
  const incoming = snapshots.findLast(({ kind, head }) => kind === "incoming" && head)?.head;
  return {
    identity,
    vote: state?.vote,
    commitIndex: state?.mark?.commitIndex,
    log: {
      ...entriesOf(replay, newest?.meta.index ?? 0),
      segments: segments.length,
      sizeBytes: segments.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0),
    },
    snapshot: newest && { ...newest.meta, sizeBytes: newest.sizeBytes },
    incoming: incoming && {
      index: incoming.snapshot.meta.index,
      receivedBytes: incoming.received.sizeBytes,
      sizeBytes: incoming.snapshot.sizeBytes,
    },
  };
}

/** Of the log, what lies behind a snapshot. */
function entriesOf(
  replay: LogReplay,
  snapshotIndex: number,
): Pick<LogContents, "firstIndex" | "lastIndex" | "lastTerm"> {
  const firstIndex = Math.max(replay.base.index, snapshotIndex) + 1;
  const lastIndex = Math.max(replay.lastIndex, firstIndex - 1);
  return { firstIndex, lastIndex, lastTerm: replay.termAt(lastIndex) };
}
