/**
 * Notices what a job's code has started and not awaited: what that emits comes too late, and only a
 * thread that is still there can tell. Node says which timers, requests and sockets keep a thread
 * busy; those that an attempt has added are waited for a little, and what still runs is reported.
 */

import { setImmediate, setTimeout } from "node:timers/promises";

/** What an attempt may still be doing by accident ends within this, mostly. */
const WAIT_MS_MAX = 100;
const LOOK_INTERVAL_MS = 5;

/** See the head of this file. One per attempt, made at its start. */
export class LeftRunning {
  readonly #before = countByKind();

  /** Waits for what was added since; returns the kinds of what has not ended by then. */
  async settle(): Promise<string[]> {
    // Promises that need nothing but their turn have it here; what they throw ends the thread.
    await setImmediate();
    for (let waitedMs = 0; ; waitedMs += LOOK_INTERVAL_MS) {
      const kinds = this.#added();
      if (kinds.length === 0 || waitedMs >= WAIT_MS_MAX) return kinds;
      await setTimeout(LOOK_INTERVAL_MS);
    }
  }

  #added(): string[] {
    const now = [...countByKind()];
    return now
      .filter(([kind, count]) => count > (this.#before.get(kind) ?? 0))
      .map(([kind]) => kind);
  }
}

function countByKind(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
