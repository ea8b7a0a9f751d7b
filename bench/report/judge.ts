/**
 * Turns measurements into rows: for each goal the figure that was measured, and whether it is met.
 * Ratios are taken round by round, then their median, so that a slow minute of the machine cancels.
 */

import type { ContenderResult, SuiteResult } from "../run-suite.ts";
import type { Goal } from "../suite.ts";
import { median, peakText, secondsText, sizeText } from "./figures.ts";

/** A row of the table, all in words. */
export interface Row {
  readonly name: string;
  readonly ours: string;
  readonly peer: string;
  readonly peerTime: string;
  readonly figure: string;
  /** Our CPU time divided by the peer's: it hardly notices what else the machine does. */
  readonly cpuRatio: string;
  readonly goal: string;
  readonly met: "yes" | "NO" | "–";
  readonly oursPeakMb: string;
  readonly peerPeakMb: string;
}

/** The rows of a suite: its goals, then its checks. */
export function judge(result: SuiteResult): Row[] {
  const rows = result.suite.goals.map((goal) => judgeGoal(goal, result));
  for (const check of result.checks) {
    rows.push({
      ...EMPTY,
      name: check.name,
      figure: check.found,
      goal: check.goal ?? "holds",
      met: check.met === undefined ? "–" : verdict(check.met),
    });
  }
  return rows;
}

const EMPTY: Omit<Row, "name" | "met"> = {
  ours: "–",
  peer: "–",
  peerTime: "–",
  figure: "–",
  cpuRatio: "–",
  goal: "–",
  oursPeakMb: "–",
  peerPeakMb: "–",
};

function judgeGoal(goal: Goal, result: SuiteResult): Row {
  const ours = contenderOf(result, goal.ours);
  const peer = "peer" in goal ? contenderOf(result, goal.peer) : undefined;
  const bounds = { name: goal.name, goal: boundOf(goal), peer: peer?.label ?? "–" };
  const missing = [ours, peer].find((one) => one !== undefined && !isMeasured(one));
  if (missing !== undefined) {
    const reason = missing.absent ?? missing.failed ?? "was not run";
    const met = missing.failed === undefined ? "–" : "NO";
    return { ...EMPTY, ...bounds, figure: `${missing.label}: ${reason}`, met };
  }
  const times = {
    ours: secondsText(median(ours.measurements.map((one) => one.wallS))),
    peerTime: peer === undefined ? "–" : secondsText(median(peer.measurements.map(wallOf))),
    cpuRatio: peer === undefined ? "–" : cpuRatioOf(ours, peer),
    oursPeakMb: peakText(peakOf(ours)),
    peerPeakMb: peakText(peer && peakOf(peer)),
  };
  return { ...bounds, ...times, ...judgeMeasured(goal, ours, peer) };
}

function judgeMeasured(
  goal: Goal,
  ours: ContenderResult,
  peer: ContenderResult | undefined,
): Pick<Row, "figure" | "met"> {
  switch (goal.kind) {
    case "ratio": {
      const ratio = ratioOf(ours, peer!);
      const met = goal.atMost === undefined ? "–" : verdict(ratio <= goal.atMost);
      return { figure: ratio.toFixed(2), met };
    }
    case "speed-up": {
      const factor = ratioOf(peer!, ours);
      return { figure: `${factor.toFixed(2)} times`, met: verdict(factor >= goal.atLeast) };
    }
    case "seconds": {
      const seconds = median(ours.measurements.map(wallOf));
      return { figure: secondsText(seconds), met: verdict(seconds <= goal.atMost) };
    }
    case "memory": {
      const peak = peakOf(ours);
      if (peak === undefined) return { figure: "not told by this system", met: "–" };
      return { figure: `${peakText(peak)} MB, same answer`, met: verdict(peak < goal.bytesMax) };
    }
  }
}

function boundOf(goal: Goal): string {
  switch (goal.kind) {
    case "ratio":
      return goal.atMost === undefined ? "–" : `≤ ${goal.atMost}`;
    case "speed-up":
      return `≥ ${goal.atLeast} times`;
    case "seconds":
      return `≤ ${goal.atMost} s`;
    case "memory":
      return `< ${sizeText(goal.bytesMax)}, same answer`;
  }
}

function contenderOf(result: SuiteResult, id: string): ContenderResult {
  const found = result.contenders.find((contender) => contender.id === id);
  if (found === undefined) throw new Error(`"${result.suite.title}" has no contender "${id}".`);
  return found;
}

function isMeasured({ absent, failed, measurements }: ContenderResult): boolean {
  return absent === undefined && failed === undefined && measurements.length > 0;
}

/** The median over the rounds of one's time divided by the other's. */
function ratioOf(one: ContenderResult, other: ContenderResult): number {
  const ratios = one.measurements.map(
    ({ wallS }, round) => wallS / other.measurements[round]!.wallS,
  );
  return median(ratios);
}

/** A process of a few ticks has no CPU time to divide by. */
const CPU_S_MIN = 0.05;

function cpuRatioOf(ours: ContenderResult, peer: ContenderResult): string {
  const ratios = ours.measurements.flatMap(({ cpuS }, round) => {
    const peerCpuS = peer.measurements[round]?.cpuS;
    if (cpuS === undefined || peerCpuS === undefined || peerCpuS < CPU_S_MIN) return [];
    return [cpuS / peerCpuS];
  });
  return ratios.length === 0 ? "–" : median(ratios).toFixed(2);
}

/** The highest peak of all rounds. */
function peakOf({ measurements }: ContenderResult): number | undefined {
  const peaks = measurements.flatMap(({ peakBytes }) => peakBytes ?? []);
  return peaks.length === 0 ? undefined : Math.max(...peaks);
}

function wallOf({ wallS }: { readonly wallS: number }): number {
  return wallS;
}

function verdict(met: boolean): "yes" | "NO" {
  return met ? "yes" : "NO";
}
