/**
 * What a worker has done of late, for better or worse, and whether it is excluded for it.
 */

/** How far back "of late" reaches. */
const WINDOW_MS = 600_000;
/** Incidents that are remembered of one worker; it is excluded long before. */
const INCIDENTS_MAX = 100;

/** What went wrong on a worker. */
export interface Incident {
  /** An attempt *failed* or got *lost*, the worker *died*, its map output was *unfetchable*. */
  readonly kind: "failed" | "lost" | "died" | "unfetchable";
  /**
   * The tasks concerned, spelt so that no two tasks are the same. A death concerns all that ran; it
   * is one incident nevertheless.
   */
  readonly tasks: readonly string[];
}

/** See the head of this file. */
export class WorkerRecord {
  /** Until when it is excluded, or was; how long; for what. */
  untilMs = Number.NEGATIVE_INFINITY;
  lengthMs = 0;
  reason = "";
  #incidents: { readonly incident: Incident; readonly timeMs: number }[] = [];
  /** Successes by halves of the window: those of the present one, and those of the one before. */
  #halfStartMs = Number.NEGATIVE_INFINITY;
  #successes = 0;
  #successesBefore = 0;

  succeeded(nowMs: number): void {
    this.#turnHalf(nowMs);
    this.#successes++;
  }

  happened(incident: Incident, nowMs: number): void {
    this.#forgetOld(nowMs);
    this.#incidents.push({ incident, timeMs: nowMs });
    if (this.#incidents.length > INCIDENTS_MAX) this.#incidents.shift();
  }

  successes(nowMs: number): number {
    this.#turnHalf(nowMs);
    return this.#successes + this.#successesBefore;
  }

  /** Incidents of different tasks, but for those of which a bad task was part. */
  incidents(nowMs: number, isBad: (task: string) => boolean): number {
    this.#forgetOld(nowMs);
    const distinct = new Set<string>();
    for (const { incident } of this.#incidents) {
      if (!incident.tasks.some(isBad)) distinct.add(incident.tasks.join());
    }
    return distinct.size;
  }

  exclude(lengthMs: number, nowMs: number): void {
    this.untilMs = nowMs + lengthMs;
    this.lengthMs = lengthMs;
    this.reason = this.#words();
    // When it comes back, it comes with a clean sheet.
    this.#incidents = [];
  }

  #words(): string {
    const count = (kind: Incident["kind"]) =>
      this.#incidents.filter(({ incident }) => incident.kind === kind).length;
    const words = [
      counted(count("failed"), "attempt failed", "attempts failed"),
      counted(count("lost"), "attempt got lost", "attempts got lost"),
      counted(
        count("unfetchable"),
        "map output could not be fetched",
        "map outputs could not be fetched",
      ),
      counted(count("died"), "death", "deaths"),
    ];
    const told = words.filter((part) => part !== "").join(", ");
    return `In ${WINDOW_MS / 60_000} minutes: ${told}. Other workers fare better.`;
  }

  #forgetOld(nowMs: number): void {
    const first = this.#incidents.findIndex(({ timeMs }) => nowMs - timeMs <= WINDOW_MS);
    this.#incidents = first < 0 ? [] : this.#incidents.slice(first);
  }

  #turnHalf(nowMs: number): void {
    const halves = Math.floor((nowMs - this.#halfStartMs) / (WINDOW_MS / 2));
    if (halves < 1) return;
    this.#successesBefore = halves === 1 ? this.#successes : 0;
    this.#successes = 0;
    this.#halfStartMs = nowMs;
  }
}

function counted(count: number, one: string, many: string): string {
  if (count === 0) return "";
  return `${count} ${count === 1 ? one : many}`;
}
