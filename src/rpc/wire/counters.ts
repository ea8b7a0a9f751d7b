/**
 * Counters in messages: the engine's by field, the job's own by name.
 */

import { USER_COUNTERS_MAX } from "../../base/limits.ts";
import { type Counters, TASK_COUNTERS, type TaskCounter } from "../../job/counters.ts";
import type {
  Counters as WireCounters,
  TaskCounters as WireTask,
} from "../generated/sheaf/v1/counters.ts";
import { count, invalid, present, text, whole } from "./checks.ts";

/** `MAP_INPUT_RECORDS` is `mapInputRecords` on the wire. */
type Camel<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Lowercase<Head>}${Capitalize<Camel<Rest>>}`
  : Lowercase<Name>;

function camel<Name extends TaskCounter>(name: Name): Camel<Name> & keyof WireTask {
  const words = name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return words as Camel<Name> & keyof WireTask;
}

const FIELDS = TASK_COUNTERS.map((name) => [name, camel(name)] as const);

export function countersToWire({ task, user }: Counters): WireCounters {
  const fields = FIELDS.map(([name, field]) => [field, task[name]]);
  return { task: Object.fromEntries(fields) as WireTask, user: userCountersToWire(user) };
}

export function countersFromWire(field: string, wire: WireCounters | undefined): Counters {
  const { task, user } = present(field, wire);
  const sums = present(`${field}.task`, task);
  const counts = FIELDS.map(([name, key]) => [name, count(`${field}.task.${key}`, sums[key])]);
  return {
    task: Object.fromEntries(counts) as Record<TaskCounter, number>,
    user: userCountersFromWire(`${field}.user`, user),
  };
}

export function userCountersToWire(user: Counters["user"]): Map<string, number> {
  return new Map(Object.entries(user));
}

export function userCountersFromWire(field: string, wire: Map<string, number>): Counters["user"] {
  if (wire.size > USER_COUNTERS_MAX) throw invalid(field, `has ${wire.size} counters`);
  // From entries, so that a counter called "__proto__" is only a counter.
  return Object.fromEntries([...wire].map(([name, sum]) => [text(field, name), whole(field, sum)]));
}
