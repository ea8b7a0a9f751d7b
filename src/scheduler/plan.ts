/**
 * What to do next: a function from the state, and from what is known of the workers, to commands.
 * Nothing has happened until they are applied. Called by the leader alone: after every change and at
 * least every `PLAN_INTERVAL_MS`, but never before the commands of the last call are applied.
 */

import type { AssignTask, KillAttempt } from "./command.ts";
import type { Liveness } from "./liveness.ts";
import type { SchedulerState } from "./state.ts";

/** Some decisions wait for time to pass. */
export const PLAN_INTERVAL_MS = 200;
/** Commands of one call, so that it is short; what remains is the next call's. */
export const PLAN_COMMANDS_MAX = 1000;

/** Assigns tasks to free slots, and takes slots from reduces that wait for maps without one. */
export function plan(
  _state: SchedulerState,
  _liveness: Liveness,
  _nowMs: number,
): (AssignTask | KillAttempt)[] {
  throw new Error("not yet");
}
