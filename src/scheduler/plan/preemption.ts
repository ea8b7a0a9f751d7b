/**
 * Reduces that have started wait for maps. They may hold all the slots that these need: for a map whose
 * output got lost, or for the backup of one that crawls. Then the youngest, which has fetched least,
 * makes way.
 */

import type { KillAttempt } from "../command.ts";
import type { AttemptState } from "../state.ts";
import type { JobTurn } from "./job-turn.ts";
import type { JobMemory } from "./memory.ts";
import type { Round } from "./round.ts";

/** The slots of those that were told to make way come free in this time. */
const INTERVAL_MS = 1000;
/** So much of its slots a job wants for its maps, while they wait. */
const MAPS_SHARE = 1 / 2;

/** Which reduces of a job make way; to be asked when the round has given out what it could. */
export function makeWay(turn: JobTurn, memory: JobMemory, round: Round): KillAttempt[] {
  const { job } = turn;
  if (job.reduce.running.size === 0 || round.nowMs - memory.preemptedMs < INTERVAL_MS) return [];
  const leaving = turn.maps.waiting > 0 ? forMaps(turn, round) : forBackups(turn, round);
  if (leaving.length > 0) memory.preemptedMs = round.nowMs;
  return leaving.map(({ job: id, phase, task, attempt }) => ({
    type: "kill-attempt",
    job: id,
    phase,
    task,
    attempt,
  }));
}

/** As many as maps wait, where no slot is free that they can have. */
function forMaps({ job, maps, held }: JobTurn, { hasRoom }: Round): AttemptState[] {
  if (hasRoom && !maps.isHeldBack) return [];
  const wanted = Math.min(maps.waiting + maps.held, Math.ceil(held * MAPS_SHARE)) - maps.held;
  return wanted <= 0 ? [] : youngestFirst(job.reduce.running).slice(0, wanted);
}

/** One for each backup, on a worker where that can go; nothing else is to be done in its slot. */
function forBackups(turn: JobTurn, round: Round): AttemptState[] {
  const { state, liveness } = round;
  const backups = turn.backupsWithoutRoom();
  if (backups.length === 0) return [];
  const leaving = new Set<AttemptState>();
  const reduces = youngestFirst(turn.job.reduce.running).filter(
    ({ worker }) => !liveness.excluded.has(state.workers.live.get(worker)!.name),
  );
  for (const unfit of backups) {
    const reduce = reduces.find((each) => !leaving.has(each) && !unfit.includes(each.worker));
    if (reduce !== undefined) leaving.add(reduce);
  }
  // Another job's backups must not count on the same allowance.
  round.backupsLeft -= leaving.size;
  return [...leaving];
}

/** Attempts that run stand in the order of their assignment. */
function youngestFirst(running: ReadonlySet<AttemptState>): AttemptState[] {
  return [...running].reverse();
}
