/**
 * Which attempts are so far behind that a second one would be done sooner: the paper's backup tasks
 * (section 3.6), chosen as by LATE (M. Zaharia et al., OSDI 2008): by the time that an attempt still
 * takes, going by its rate so far, and among the slowest of its phase only.
 */

import type { Pace } from "../pace.ts";
import type { AttemptState, JobState, Phase } from "../state.ts";

/** An attempt that is younger has shown nothing yet. */
const AGE_MS_MIN = 3000;
/** Only attempts slower than this share of their phase's are slow. */
const SLOW_PERCENTILE = 0.25;
/** A backup should be done well before its original: it starts from nothing. */
const GAIN_MIN = 1.2;
/** How much slower than half of its phase an attempt is that cannot wait for the phase's end. */
const FAR_BEHIND = 3;

/** An attempt that seems slow. */
export interface Straggler {
  readonly attempt: AttemptState;
  /** Time that it still takes; infinite if it does not get on at all. */
  readonly leftMs: number;
  /** So slow that it gets a backup although other tasks wait. */
  readonly isFarBehind: boolean;
}

/**
 * The slow attempts of a phase, first the one that would end last. One that does not get on never would;
 * of one that has read all it has to, which of a small input is soon, and has not ended, nothing is
 * known but its age, and it is taken to need as much time again.
 */
export function findStragglers(
  job: JobState,
  phase: Phase,
  pace: Pace,
  nowMs: number,
): readonly Straggler[] {
  const running: { attempt: AttemptState; rate: number; share: number; ageMs: number }[] = [];
  for (const attempt of job[phase].running) {
    const reading = pace.reading(attempt);
    if (reading === undefined) continue;
    const { share, startMs, startShare } = reading;
    const ageMs = nowMs - startMs;
    const rate = (share - startShare) / ageMs;
    if (ageMs >= AGE_MS_MIN) running.push({ attempt, rate, share, ageMs });
  }
  if (running.length === 0) return [];
  const completed = pace.durationsMs(job.id, phase).map((ms) => 1 / Math.max(1, ms));
  const rates = [...running.map(({ rate }) => rate), ...completed].sort((a, b) => a - b);
  // Nobody knows what is slow who has seen one only.
  if (rates.length < 2) return [];
  const slowRate = rates[Math.floor(rates.length * SLOW_PERCENTILE)]!;
  const usualRate = rates[Math.floor(rates.length / 2)]!;
  if (usualRate === 0) return [];
  const usualMs = 1 / usualRate;
  const found: Straggler[] = [];
  for (const { attempt, rate, share, ageMs } of running) {
    const leftMs = share < 1 ? (1 - share) / rate : ageMs;
    const hadTime = rate > 0 || ageMs > usualMs;
    if (!hadTime || rate > slowRate || rate >= usualRate || leftMs < GAIN_MIN * usualMs) continue;
    const isFarBehind = rate * FAR_BEHIND < usualRate && leftMs > FAR_BEHIND * usualMs;
    found.push({ attempt, leftMs, isFarBehind });
  }
  return found.sort((a, b) => b.leftMs - a.leftMs || a.attempt.serial - b.attempt.serial);
}
