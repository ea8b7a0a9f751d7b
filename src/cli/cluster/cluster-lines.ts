/**
 * The state of a cluster as tables for people: masters, then workers.
 */

import { durationInWords } from "../../base/duration.ts";
import { counted, grouped } from "../../base/numbers.ts";
import type { MasterAnswer } from "../../client/cluster-state.ts";
import type {
  ClusterStatus,
  MemberStatus,
  WorkerStanding,
  WorkerStatus,
} from "../../rpc/wire/cluster.ts";
import { type Line, span } from "../display/line.ts";
import { type Cell, type Column, tableLines } from "../display/table.ts";
import type { Style } from "../display/theme.ts";

/** What the leader knows. */
export function statusLines(status: ClusterStatus): Line[] {
  const { members, workers, term, version, lastIndex, commitIndex, snapshotIndex } = status;
  const live = workers.filter(({ state }) => state === "live");
  const slots = live.reduce((sum, worker) => sum + worker.slots, 0);
  const running = live.reduce((sum, worker) => sum + worker.running, 0);
  const facts = [
    counted(members.length, "master"),
    `${counted(live.length, "live worker")}`,
    `${running} of ${counted(slots, "slot")} busy`,
    `term ${grouped(term)}`,
    `log ${grouped(lastIndex)}, committed ${grouped(commitIndex)}, snapshot ${grouped(snapshotIndex)}`,
    `Sheaf ${version}`,
  ];
  return [
    [span(facts.join(", "))],
    [],
    ...memberLines(members),
    ...(workers.length === 0 ? [] : [[], ...workerLines(workers)]),
  ];
}

const MEMBER_COLUMNS: readonly Column[] = [
  { title: "MASTER", align: "right" },
  { title: "ADDRESS" },
  { title: "ROLE" },
  { title: "REACHABLE" },
  { title: "LOG", align: "right" },
  { title: "BEHIND", align: "right" },
];

/** The masters of a group. */
export function memberLines(members: readonly MemberStatus[]): Line[] {
  const last = members.reduce((max, { matchIndex }) => Math.max(max, matchIndex), 0);
  const rows = members.map((it): Cell[] => [
    String(it.member),
    it.address,
    it.role === "leader" ? [it.role, "strong"] : it.role,
    it.isReachable ? "yes" : ["no", "bad"],
    grouped(it.matchIndex),
    grouped(last - it.matchIndex),
  ]);
  return tableLines(MEMBER_COLUMNS, rows);
}

const WORKER_COLUMNS: readonly Column[] = [
  { title: "WORKER" },
  { title: "STATE" },
  { title: "BUSY", align: "right" },
  { title: "HEARD", align: "right" },
  { title: "ADDRESS" },
  { title: "HOST" },
  { title: "RACK" },
  { title: "" },
];

const STYLES: Readonly<Record<WorkerStanding, Style>> = {
  live: "good",
  suspect: "warning",
  lost: "bad",
  excluded: "warning",
};

function workerLines(workers: readonly WorkerStatus[]): Line[] {
  const rows = workers.map((it): Cell[] => [
    it.worker,
    [it.state, STYLES[it.state]],
    it.state === "lost" ? "-" : `${it.running}/${it.slots}`,
    `${durationInWords(it.silentMs)} ago`,
    it.address,
    it.host || "-",
    it.rack || "-",
    it.reason,
  ]);
  return tableLines(WORKER_COLUMNS, rows);
}

const ANSWER_COLUMNS: readonly Column[] = [
  { title: "ADDRESS" },
  { title: "MASTER", align: "right" },
  { title: "ROLE" },
  { title: "TERM", align: "right" },
  { title: "LOG", align: "right" },
  { title: "" },
];

/** What there is to say without a leader: each master's own words. */
export function leaderlessLines(answers: readonly MasterAnswer[]): Line[] {
  const rows = answers.map(({ peer, status, reason }): Cell[] => {
    if (status === undefined) return [peer, "-", ["no answer", "bad"], "-", "-", reason ?? ""];
    // One that does not lead tells of itself alone.
    const own = status.members[0];
    const role = own?.role ?? "unknown";
    const log = own === undefined ? "-" : grouped(own.matchIndex);
    return [peer, String(own?.member ?? "-"), role, grouped(status.term), log, ""];
  });
  return tableLines(ANSWER_COLUMNS, rows);
}
