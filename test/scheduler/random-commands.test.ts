/**
 * apply() under random commands: its invariants, its determinism, the transitions that tasks and
 * attempts may make, and snapshots that are taken in between.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apply } from "../../src/scheduler/apply.ts";
import type { Command } from "../../src/scheduler/command.ts";
import { encodeState } from "../../src/scheduler/snapshot/encode-state.ts";
import { type AttemptState, emptyState, type SchedulerState } from "../../src/scheduler/state.ts";
import { checkInvariants } from "./support/invariants.ts";
import { type Draw, draw, RandomCommands } from "./support/random-commands.ts";
import { decoded, encoded, textResults } from "./support/snapshots.ts";

const draws = fc.array(draw, { minLength: 20, maxLength: 120, size: "max" });

/** Applies what was drawn to an empty state, and hands over each command after it was applied. */
function play(
  drawn: readonly Draw[],
  after: (state: SchedulerState, command: Command, before: SchedulerState) => void,
): SchedulerState {
  const state = emptyState();
  const commands = new RandomCommands(state);
  for (const each of drawn) {
    const command = commands.next(each);
    if (command === undefined) continue;
    apply(state, command);
    after(state, command, state);
  }
  return state;
}

/** The commands themselves, for states of their own. */
function log(drawn: readonly Draw[]): Command[] {
  const commands: Command[] = [];
  play(drawn, (_, command) => commands.push(command));
  return commands;
}

describe("apply, under random commands", () => {
  it("keeps its invariants after each", () => {
    fc.assert(
      fc.property(draws, (drawn) => void play(drawn, checkInvariants)),
      { numRuns: 300 },
    );
  });

  it("makes equal states of equal commands, also of each of them twice, as they may come", () => {
    fc.assert(
      fc.property(draws, (drawn) => {
        const commands = log(drawn);
        const [once, again, twice] = [emptyState(), emptyState(), emptyState()];
        for (const command of commands) {
          const effects = apply(once, command);
          expect(apply(again, structuredClone(command))).toEqual(effects);
          apply(twice, command);
          if (apply(twice, command).length > 0) throw new Error("said twice is done twice");
        }
        expect(again).toEqual(once);
        expect(twice).toEqual(once);
      }),
      { numRuns: 200 },
    );
  });

  it("moves attempts and tasks along legal ways only, and tells of each move", () => {
    fc.assert(
      fc.property(draws, (drawn) => {
        const seen = new Map<AttemptState, AttemptState["state"]>();
        const completed = new Set<string>();
        const state = emptyState();
        const commands = new RandomCommands(state);
        for (const each of drawn) {
          const command = commands.next(each);
          if (command === undefined) continue;
          for (const effect of apply(state, command)) {
            if (effect.type === "attempt-assigned") seen.set(effect.attempt, "running");
            if (effect.type === "attempt-ended") {
              expect(seen.get(effect.attempt)).toBe("running");
              seen.set(effect.attempt, effect.attempt.state);
            }
            if (effect.type === "map-output-lost") {
              const { job, task } = effect.attempt;
              expect(seen.get(effect.attempt)).toBe("succeeded");
              expect(completed.delete(`${job} map ${task}`)).toBe(true);
              seen.set(effect.attempt, "lost");
            }
            if (effect.type === "job-forgotten") {
              for (const name of completed) {
                if (name.startsWith(`${effect.job} `)) completed.delete(name);
              }
            }
            if (effect.type === "task-completed") {
              const { job, phase, task } = effect.winner;
              const name = `${job} ${phase} ${task}`;
              expect(completed.has(name)).toBe(false);
              completed.add(name);
            }
          }
          for (const [attempt, was] of seen) expect(attempt.state).toBe(was);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("a snapshot", () => {
  it("is read as the state that was written, which goes on as the original does", () => {
    fc.assert(
      fc.property(draws, draws, (first, second) => {
        const original = play(first, () => {});
        const copy = decoded(encoded(original));
        expect(copy).toEqual(original);
        checkInvariants(copy);
        const commands = new RandomCommands(original);
        for (const each of second) {
          const command = commands.next(each);
          if (command === undefined) continue;
          const effects = apply(original, command);
          expect(apply(copy, command)).toEqual(effects);
        }
        expect(copy).toEqual(original);
        checkInvariants(copy);
      }),
      { numRuns: 200 },
    );
  });

  it("shows the moment at which it was begun, whatever happens while it is written", () => {
    fc.assert(
      fc.property(draws, draws, fc.nat(10), (first, second, every) => {
        const state = play(first, () => {});
        const then = decoded(encoded(state));
        const pieces: Uint8Array[] = [];
        const snapshot = encodeState(state, textResults);
        const commands = new RandomCommands(state);
        for (const [number, each] of second.entries()) {
          const command = commands.next(each);
          if (command !== undefined) apply(state, command);
          if (number % (every + 1) !== every) continue;
          const piece = snapshot.next();
          if (piece.done !== true) pieces.push(piece.value);
        }
        for (const piece of snapshot) pieces.push(piece);
        expect(decoded(pieces)).toEqual(then);
        expect(state.observers.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
