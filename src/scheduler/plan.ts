/**
 * What to do next: from the state, and from what is known of the workers, to commands. Nothing has
 * happened until they are applied. Called by the leader alone: after every change and at least every
 * `PLAN_INTERVAL_MS`, but not before the commands of the last call are applied. It reads the state
 * and changes nothing but `liveness.memory`.
 */

import type { AssignTask, KillAttempt } from "./command.ts";
import type { Liveness } from "./liveness.ts";
import { JobTurn } from "./plan/job-turn.ts";
import { makeWay } from "./plan/preemption.ts";
import { Round } from "./plan/round.ts";
import { TurnQueue } from "./plan/turn-queue.ts";
import type { SchedulerState } from "./state.ts";

/** Some decisions wait for time to pass. */
export const PLAN_INTERVAL_MS = 200;
/** Commands of one call, so that it is short; what remains is the next call's. */
export const PLAN_COMMANDS_MAX = 1000;

/**
 * Assigns tasks to free slots: to the job of highest priority first, among equals to the one that is
 * furthest below its share; in a job retries first, then maps in their order, then their backups, then
 * reduces, then theirs. Takes slots from reduces where maps that they wait for have none, or their
 * backups.
 */
export function plan(
  state: SchedulerState,
  liveness: Liveness,
  nowMs: number,
): (AssignTask | KillAttempt)[] {
  const commands: (AssignTask | KillAttempt)[] = [];
  if (state.active.size === 0) return commands;
  const round = new Round(state, liveness, nowMs);
  const turns = [...state.active.values()]
    .filter(({ id }) => liveness.isReady?.(id) ?? true)
    .map((job, order) => new JobTurn(job, order, liveness.memory.of(job), round));
  const queue = new TurnQueue(turns);
  while (round.hasRoom && commands.length < PLAN_COMMANDS_MAX) {
    const turn = queue.first;
    if (turn === undefined) break;
    const command = turn.next();
    if (command === undefined) {
      queue.drop();
      continue;
    }
    round.free.take(state.workers.live.get(command.worker)!);
    commands.push(command);
    queue.reorder();
  }
  for (const turn of turns) commands.push(...makeWay(turn, liveness.memory.of(turn.job), round));
  return commands;
}
