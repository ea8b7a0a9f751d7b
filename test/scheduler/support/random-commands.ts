/**
 * Commands drawn at random, most of them about what is there, some about what was or never will be:
 * late, repeated and out of order. Draws are plain numbers, so that a failing sequence shrinks.
 */

import fc from "fast-check";
import { jobId, type WorkerId } from "../../../src/base/ids.ts";
import type { AttemptRef, Command } from "../../../src/scheduler/command.ts";
import {
  type AttemptState,
  idleCount,
  type JobState,
  type Phase,
  type SchedulerState,
} from "../../../src/scheduler/state.ts";
import {
  assign,
  fail,
  failure,
  kill,
  lose,
  loseOutput,
  ref,
  register,
  submit,
  succeed,
} from "./commands.ts";

const KINDS = {
  register: 2,
  lose: 1,
  submit: 1,
  assign: 12,
  backup: 4,
  succeed: 10,
  fail: 3,
  kill: 2,
  "lose-output": 2,
  repeat: 4,
  nonsense: 2,
  cancel: 0.2,
  forget: 0.5,
} as const;

/** What a command is drawn from. */
export interface Draw {
  readonly kind: keyof typeof KINDS;
  readonly which: number;
  readonly other: number;
}

export const draw: fc.Arbitrary<Draw> = fc.record({
  kind: fc.oneof(
    ...Object.entries(KINDS).map(([kind, weight]) => ({
      weight: weight * 10,
      arbitrary: fc.constant(kind as keyof typeof KINDS),
    })),
  ),
  which: fc.nat(1_000_000),
  other: fc.nat(1_000_000),
});

/** Makes commands of draws, one after the other, for a state that they are applied to. */
export class RandomCommands {
  readonly #state: SchedulerState;
  readonly #said: Command[] = [];
  #lives = 0;
  #jobs = 0;

  constructor(state: SchedulerState) {
    this.#state = state;
  }

  next(draw: Draw): Command | undefined {
    const command = this.#make(draw);
    if (command !== undefined) this.#said.push(command);
    return command;
  }

  #make({ kind, which, other }: Draw): Command | undefined {
    switch (kind) {
      case "register":
        return register(`w${which % 4}#${this.#lives++}`, 1 + (other % 3), {
          host: `h${which % 4}`,
        });
      case "lose":
        return mapped(this.#worker(which), lose);
      case "submit":
        return this.#submit(which, other);
      case "assign":
        return this.#assign(which, other);
      case "backup":
        return this.#backup(which, other);
      case "succeed":
        return mapped(this.#running(which), (attempt) => succeed(attempt, other % 3));
      case "fail":
        return this.#fail(which, other);
      case "kill":
        return mapped(this.#running(which), kill);
      case "lose-output":
        return mapped(this.#output(which), loseOutput);
      case "repeat":
        return pick(this.#said, which);
      case "nonsense":
        return this.#nonsense(which, other);
      case "cancel":
        return mapped(this.#job(which), ({ id }) => ({ type: "cancel-job", job: id }));
      case "forget":
        return mapped(
          pick(
            [...this.#state.jobs.values()].filter(({ status }) => status !== "running"),
            which,
          ),
          ({ id }) => ({ type: "forget-job", job: id }),
        );
    }
  }

  #submit(which: number, other: number): Command {
    const labels = [...Array(other % 3).keys()].map((host) => ({
      label: `h${host}`,
      tasks: [...Array(which % 7).keys()].filter((task) => (task + host) % 2 === 0),
    }));
    return submit(which % 7, other % 5, {
      job: jobId(`j${this.#jobs++}`),
      slowStart: (which % 5) / 4,
      priority: (other % 3) - 1,
      speculation: which % 2 === 0,
      mapHosts: labels,
      limits: { attemptsMax: 2 + (which % 9), deathsMax: 2 + (other % 9), skippedMax: other % 4 },
    });
  }

  #assign(which: number, other: number): Command | undefined {
    const job = this.#job(which);
    const worker = this.#worker(other);
    if (job === undefined || worker === undefined) return undefined;
    const name: Phase = idleCount(job.map) > 0 && other % 4 !== 0 ? "map" : "reduce";
    const phase = job[name];
    const idle = [...phase.retry, ...phase.fresh];
    const task = pick(idle, Math.floor(which / 7));
    if (task === undefined) return undefined;
    return assign(ref(name, task, phase.tasks[task]?.nextAttempt ?? 0, job.id), worker);
  }

  #backup(which: number, other: number): Command | undefined {
    const original = this.#running(which);
    const worker = this.#worker(other);
    if (original === undefined || worker === undefined) return undefined;
    const { job, phase, task } = original;
    const { nextAttempt } = this.#state.jobs.get(job)![phase].tasks[task]!;
    return assign(ref(phase, task, nextAttempt, job), worker, true);
  }

  #fail(which: number, other: number): Command | undefined {
    const attempt = this.#running(which);
    if (attempt === undefined) return undefined;
    const ordinal = other % 2 === 0 ? other % 3 : undefined;
    const kind = other % 5 === 0 ? "lost" : "failed";
    return fail(attempt, failure(`no ${other % 3}`, ordinal, kind), other % 40 === 39);
  }

  #nonsense(which: number, other: number): Command {
    const phase = which % 2 === 0 ? "map" : "reduce";
    const name: AttemptRef = ref(phase, which % 9, other % 4, jobId(`j${other % 6}`));
    const made = [succeed(name), fail(name), kill(name), loseOutput(name), lose("w0#0")];
    return pick([...made, assign(name, "w9#9"), assign(name, `w1#${other % 9}`, true)], which)!;
  }

  #job(which: number): JobState | undefined {
    return pick([...this.#state.active.values()], which);
  }

  #worker(which: number): WorkerId | undefined {
    return pick([...this.#state.workers.live.keys()], which);
  }

  #running(which: number): AttemptState | undefined {
    return pick(
      [...this.#state.active.values()].flatMap(({ map, reduce }) => [
        ...map.running,
        ...reduce.running,
      ]),
      which,
    );
  }

  #output(which: number): AttemptState | undefined {
    return pick(
      [...this.#state.workers.live.values()].flatMap(({ outputs }) =>
        [...outputs.values()].flatMap((ofJob) => [...ofJob]),
      ),
      which,
    );
  }
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % Math.max(1, from.length)];
}

function mapped<T, U>(value: T | undefined, make: (value: T) => U): U | undefined {
  return value === undefined ? undefined : make(value);
}
