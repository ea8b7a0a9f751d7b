/**
 * Workers that are excluded for a while: those on which attempts of several tasks fail while other
 * workers fare better. A task that fails wherever it runs is told apart: it is itself to blame. The
 * leader's memory; time is passed in.
 */

import type { WorkerName } from "../base/ids.ts";
import { type Incident, WorkerRecord } from "./worker-record.ts";

export type { Incident } from "./worker-record.ts";

/** Incidents, each of another task, after which a worker may be excluded. */
const INCIDENTS_MIN = 3;
/** Likewise where nobody has succeeded at anything yet: others' tasks may just take longer. */
const INCIDENTS_MIN_FIRST = 10;
/** A task that failed on so many workers is to blame for it, and none of them. */
const WORKERS_OF_A_BAD_TASK = 3;
/** What part of a worker's attempts must go wrong, at least, and how much more than of others'. */
const SHARE_MIN = 0.1;
const OF_OTHERS_SHARE_MIN = 3;
/** How long the first exclusion is; each further one is twice as long. */
const EXCLUSION_MS_MIN = 60_000;
const EXCLUSION_MS_MAX = 3_600_000;
/** After so long without another one, the next is as short as the first. */
const PROBATION_MS = 2 * EXCLUSION_MS_MAX;
/** Tasks of which it is remembered where they failed; the oldest go. */
const TASKS_MAX = 10_000;
/** Likewise workers. */
const WORKERS_MAX = 10_000;

/** A worker that gets nothing for a while. */
export interface ExcludedWorker {
  readonly worker: WorkerName;
  readonly untilMs: number;
  /** For people: what it has done. */
  readonly reason: string;
}

/** See the head of this file. */
export class Exclusion {
  readonly #workers = new Map<WorkerName, WorkerRecord>();
  /** On which workers a task went wrong. */
  readonly #tasks = new Map<string, Set<WorkerName>>();

  /** An attempt has succeeded. */
  succeeded(worker: WorkerName, nowMs: number): void {
    this.#recordOf(worker).succeeded(nowMs);
  }

  /** Something went wrong; the worker may be excluded for it. */
  happened(worker: WorkerName, incident: Incident, nowMs: number): void {
    for (const task of incident.tasks) this.#workersOf(task).add(worker);
    const record = this.#recordOf(worker);
    record.happened(incident, nowMs);
    if (record.untilMs > nowMs || !this.#isWorse(worker, record, nowMs)) return;
    const isOld = nowMs - record.untilMs > PROBATION_MS;
    const lengthMs = isOld ? EXCLUSION_MS_MIN : Math.min(2 * record.lengthMs, EXCLUSION_MS_MAX);
    record.exclude(lengthMs, nowMs);
  }

  /** Those of the live workers that get nothing: never more than half of them. */
  excluded(live: Iterable<WorkerName>, nowMs: number): ExcludedWorker[] {
    let count = 0;
    const found: ExcludedWorker[] = [];
    for (const worker of live) {
      count++;
      const record = this.#workers.get(worker);
      if (record === undefined || record.untilMs <= nowMs) continue;
      found.push({ worker, untilMs: record.untilMs, reason: record.reason });
    }
    // The longest excluded are the worst.
    found.sort((a, b) => b.untilMs - a.untilMs);
    return found.slice(0, Math.floor(count / 2));
  }

  /** Whether more goes wrong on a worker than on others, by its own fault. */
  #isWorse(worker: WorkerName, record: WorkerRecord, nowMs: number): boolean {
    const own = this.#shareOf([record], nowMs);
    if (own.incidents < INCIDENTS_MIN || own.share < SHARE_MIN) return false;
    // One that is excluded for what it did is no measure.
    const rest = [...this.#workers].filter(
      ([name, { untilMs }]) => name !== worker && untilMs <= nowMs,
    );
    const others = this.#shareOf(
      rest.map(([, other]) => other),
      nowMs,
    );
    const isTold = others.successes > 0 || own.incidents >= INCIDENTS_MIN_FIRST;
    return isTold && own.share >= OF_OTHERS_SHARE_MIN * others.share;
  }

  #shareOf(records: readonly WorkerRecord[], nowMs: number) {
    let incidents = 0;
    let successes = 0;
    for (const record of records) {
      incidents += record.incidents(nowMs, (task) => this.#isBad(task));
      successes += record.successes(nowMs);
    }
    return { incidents, successes, share: incidents / Math.max(1, incidents + successes) };
  }

  #isBad(task: string): boolean {
    return (this.#tasks.get(task)?.size ?? 0) >= WORKERS_OF_A_BAD_TASK;
  }

  #recordOf(worker: WorkerName): WorkerRecord {
    return kept(this.#workers, worker, WORKERS_MAX, () => new WorkerRecord());
  }

  #workersOf(task: string): Set<WorkerName> {
    return kept(this.#tasks, task, TASKS_MAX, () => new Set());
  }
}

/** What a map of so many at most holds for a key; where there is too much, the oldest goes. */
function kept<K, V>(map: Map<K, V>, key: K, max: number, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
    const [oldest] = map.keys();
    if (map.size > max && oldest !== undefined) map.delete(oldest);
  }
  return value;
}
