/**
 * Reduces that have started wait for maps. When a map output gets lost, they may hold all the slots
 * that the map would need: then the youngest, which has fetched least, makes way.
 */

import type { KillAttempt } from "../command.ts";
import type { JobTurn } from "./job-turn.ts";
import type { JobMemory } from "./memory.ts";

/** The slots of those that were told to make way come free in this time. */
const INTERVAL_MS = 1000;
/** So much of its slots a job wants for its maps, while they wait. */
const MAPS_SHARE = 1 / 2;

/** Which reduces of a job make way; to be asked when no slot is free that they can have. */
export function makeWay(turn: JobTurn, memory: JobMemory, nowMs: number): KillAttempt[] {
  const { job, maps, held } = turn;
  const reduces = job.reduce.running;
  if (maps.waiting === 0 || reduces.size === 0) return [];
  if (nowMs - memory.preemptedMs < INTERVAL_MS) return [];
  const wanted = Math.min(maps.waiting + maps.held, Math.ceil(held * MAPS_SHARE)) - maps.held;
  if (wanted <= 0) return [];
  memory.preemptedMs = nowMs;
  // In the order of assignment, so that the youngest are the last.
  return [...reduces]
    .slice(-wanted)
    .reverse()
    .map(({ job: id, phase, task, attempt }) => ({
      type: "kill-attempt",
      job: id,
      phase,
      task,
      attempt,
    }));
}
