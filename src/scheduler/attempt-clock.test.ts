import { describe, expect, it } from "vitest";
import {
  JOB,
  kill,
  ref,
  register,
  submit,
  succeed,
} from "../../test/scheduler/support/commands.ts";
import { Leader } from "../../test/scheduler/support/leader.ts";
import { AttemptClock } from "./attempt-clock.ts";
import { attemptOf } from "./state.ts";

describe("an AttemptClock", () => {
  it("knows when an attempt began, and what part it has done", () => {
    const leader = new Leader(register("a"), submit(2, 1));
    leader.pass(5);
    leader.step();
    leader.progress(ref("map", 0, 0), 0.25);
    const reading = leader.clock.reading(attemptOf(leader.state, ref("map", 0, 0))!);
    expect(reading).toEqual({ startMs: 5, startShare: 0, share: 0.25 });
  });

  it("keeps how long the completed ones took, the last 256 of them", () => {
    const leader = new Leader(register("a", 1), submit(300, 1));
    for (let task = 0; task < 300; task++) {
      leader.step();
      leader.pass(task);
      leader.do(succeed(ref("map", task, 0)));
    }
    const durations = leader.clock.durationsMs(JOB, "map");
    expect([durations.length, durations[0], durations.at(-1)]).toEqual([256, 44, 299]);
  });

  it("forgets a job that has ended, and attempts that ended otherwise", () => {
    const leader = new Leader(register("a", 1), submit(1, 0));
    leader.step();
    const attempt = attemptOf(leader.state, ref("map", 0, 0))!;
    leader.do(kill(attempt));
    expect(leader.clock.reading(attempt)).toBeUndefined();
    leader.step();
    leader.do(succeed(ref("map", 0, 1)));
    expect(leader.clock.durationsMs(JOB, "map")).toEqual([]);
  });

  it("times what another leader had begun from its first report", () => {
    const leader = new Leader(register("a"), submit(2, 1));
    leader.step();
    const clock = new AttemptClock(leader.state);
    const attempt = attemptOf(leader.state, ref("map", 0, 0))!;
    expect(clock.reading(attempt)).toBeUndefined();
    clock.progressed(attempt, 0.5, 100);
    clock.progressed(attempt, 0.75, 200);
    expect(clock.reading(attempt)).toEqual({ startMs: 100, startShare: 0.5, share: 0.75 });
    // All of it would have taken 400 ms.
    for (const effect of leader.do(succeed(attempt))) clock.take(effect, 300);
    expect(clock.durationsMs(JOB, "map")).toEqual([400]);
  });

  it("times reduces from the last map on, for which they have waited", () => {
    const leader = new Leader(register("a", 3), submit(2, 1, { slowStart: 0 }));
    leader.step();
    leader.step();
    leader.do(succeed(ref("map", 0, 0)));
    leader.step();
    leader.progress(ref("reduce", 0, 0), 0.2);
    leader.pass(1000);
    leader.do(succeed(ref("map", 1, 0)));
    const reading = leader.clock.reading(attemptOf(leader.state, ref("reduce", 0, 0))!);
    expect(reading).toEqual({ startMs: 1000, startShare: 0.2, share: 0.2 });
  });
});
