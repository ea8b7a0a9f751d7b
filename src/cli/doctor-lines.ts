/**
 * What `sheaf doctor` tells a person: what is there, what is not as it was written, what that means,
 * and what to do.
 */

import { grouped } from "../base/numbers.ts";
import { sizeInWords } from "../base/size.ts";
import type { Contents, Inspection, LogContents } from "../storage/opening/inspect.ts";
import type { Fault } from "../storage/verdict.ts";
import { spellOneLine } from "./display/cell-width.ts";
import { type Line, span } from "./display/line.ts";

/** More faults than this are counted, not shown; `--json` has them all. */
const FAULTS_MAX = 20;

const LABEL_CELLS = "receiving".length + 2;

const HEALTHY = "All checksums are right: everything that this member acknowledged is there.";
const COVERED = [
  "Nothing is lost: a second copy or a snapshot stands in for what is damaged, and the master may",
  "start. But the disk has lost data, and may lose more: check it.",
];
const RECOVERING = [
  "It has lost data before, or is new, and its group has not brought it up to date yet: it has no vote",
  "until then. Start it, with a majority of the others, and leave it running.",
];
const DAMAGED = [
  "Something is lost that this member acknowledged, or may have. Others may count on it, so there is",
  "no repair: to cut off what is damaged could undo what the cluster has decided. Nothing was changed.",
  "",
  "With other masters, a majority of whom are sound: start this one. It gets everything back from them,",
  "and has no vote until it has. A master without others has nobody to ask: restore its folder from a",
  "copy, or begin with an empty one, which knows none of its jobs. And check the disk.",
];
const NEW = [
  "No data of a master is here. If one has used this folder, all of it is gone. In a group it may start",
  "again under its number: it gets everything from the others, and has no vote until then. A master",
  "without others would begin anew, without the jobs of before.",
];

/** Whether all is as it was written. A crash may have cut the log's end short; that is as it should be. */
export function isHealthy({ verdict }: Inspection): boolean {
  if (verdict.kind === "intact") return verdict.covered.length === 0;
  return verdict.kind === "new";
}

export function doctorLines(folder: string, { verdict, contents }: Inspection): Line[] {
  const title: Line = [span(spellOneLine(folder), "strong")];
  if (verdict.kind === "new") return [title, [], ...text(NEW)];
  const facts = contents === undefined ? [] : [...factLines(contents), []];
  if (verdict.kind === "damaged") {
    return [title, [], ...facts, ...faultLines("damaged", verdict.faults), [], ...text(DAMAGED)];
  }
  const { covered, tornTail, isRecovering } = verdict;
  const torn = tornTail && [
    `The last write to ${tornTail.file} was cut short by a crash: ${sizeInWords(tornTail.lostBytes)} that`,
    "nobody was told of. They go when the master starts.",
  ];
  return [
    title,
    [],
    ...facts,
    ...(covered.length === 0
      ? [[span(HEALTHY, "good")]]
      : [...faultLines("damaged, and covered", covered), [], ...text(COVERED)]),
    ...(torn === undefined ? [] : [[], ...text(torn)]),
    ...(isRecovering ? [[], ...text(RECOVERING)] : []),
  ];
}

function text(lines: readonly string[]): Line[] {
  return lines.map((line) => [span(line)]);
}

function fact(label: string, words: string): Line {
  return [span(`  ${label.padEnd(LABEL_CELLS)}`, "faint"), span(spellOneLine(words))];
}

function factLines({ identity, vote, commitIndex, log, snapshot, incoming }: Contents): Line[] {
  const lines = [fact("member", `${identity.member} of cluster "${identity.cluster}"`)];
  if (vote !== undefined) {
    const { term, votedFor } = vote;
    lines.push(fact("term", `${term}, ${votedFor ? `voted for ${votedFor}` : "no vote in it"}`));
  }
  lines.push(fact("log", logInWords(log)));
  if (commitIndex !== undefined) {
    lines.push(fact("committed", `up to entry ${grouped(commitIndex)} at least`));
  }
  if (snapshot !== undefined) {
    const { voters, learners } = snapshot.membership;
    const members = [
      ...(voters.length > 0 ? [`voters ${voters.join(", ")}`] : []),
      ...(learners.length > 0 ? [`learners ${learners.join(", ")}`] : []),
    ];
    const of = snapshot.index === 0 ? "of the beginning" : `of entry ${grouped(snapshot.index)}`;
    lines.push(fact("snapshot", [of, sizeInWords(snapshot.sizeBytes), ...members].join(", ")));
  }
  if (incoming !== undefined) {
    const received = `${sizeInWords(incoming.receivedBytes)} of ${sizeInWords(incoming.sizeBytes)}`;
    lines.push(fact("receiving", `a snapshot of entry ${grouped(incoming.index)}, ${received}`));
  }
  return lines;
}

function logInWords({ firstIndex, lastIndex, lastTerm, segments, sizeBytes }: LogContents): string {
  const files = `${segments} ${segments === 1 ? "segment" : "segments"} of ${sizeInWords(sizeBytes)}`;
  if (lastIndex < firstIndex) return `no entries behind the snapshot, ${files}`;
  const range = `entries ${grouped(firstIndex)} to ${grouped(lastIndex)}`;
  return `${range}${lastTerm === undefined ? "" : ` (term ${lastTerm})`}, ${files}`;
}

function faultLines(title: string, faults: readonly Fault[]): Line[] {
  const shown = faults.slice(0, FAULTS_MAX).map(({ file, what }): Line => {
    return [span(`  ${file} `), span(spellOneLine(what))];
  });
  const rest = faults.length - shown.length;
  const more: Line[] = rest > 0 ? [[span(`  and ${rest} more`, "faint")]] : [];
  return [[span(title, "bad")], ...shown, ...more];
}
