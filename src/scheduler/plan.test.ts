/**
 * Who gets the next slot, and where: one rule each. How it all ends is in test/scheduler.
 */

import { describe, expect, it } from "vitest";
import {
  fail,
  failure,
  JOB,
  lose,
  loseOutput,
  ref,
  register,
  submit,
  succeed,
} from "../../test/scheduler/support/commands.ts";
import { Leader } from "../../test/scheduler/support/leader.ts";
import { jobId, workerId, workerName } from "../base/ids.ts";
import { PLAN_COMMANDS_MAX } from "./plan.ts";
import type { SchedulerState } from "./state.ts";

const A = jobId("a-job");
const B = jobId("b-job");

function held(state: SchedulerState, job: typeof A): number {
  const { map, reduce } = state.jobs.get(job)!;
  return map.running.size + reduce.running.size;
}

describe("plan", () => {
  it("gives maps out in their order, to the workers with most room first", () => {
    const leader = new Leader(register("a", 1), register("b", 3), submit(4, 1));
    expect(leader.step().slice(0, 2)).toEqual(["map 0 on b", "map 1 on b"]);
    expect(leader.step()).toEqual([]);
    expect(leader.state.jobs.get(JOB)!.map.inProgress).toBe(4);
  });

  it("changes nothing by itself", () => {
    const leader = new Leader(register("a", 2), submit(3, 1));
    expect(leader.plan()).toEqual(leader.plan());
  });

  it("tries again first what went wrong, elsewhere if it can", () => {
    const leader = new Leader(register("a", 2), submit(5, 1));
    expect(leader.step()).toEqual(["map 0 on a", "map 1 on a"]);
    leader.do(register("b", 1));
    leader.do(fail(ref("map", 0, 0)), fail(ref("map", 1, 0), failure("gone", 0, "lost")));
    // Each would go to the roomier one if nothing had happened there; the second has no choice.
    expect(leader.step()).toEqual(["map 0 on b", "map 1 on a", "map 2 on a"]);
  });

  it("gives no map back and back to where it gets lost: a reduce makes way elsewhere", () => {
    const leader = new Leader(register("a", 1), register("b", 1), submit(2, 1, { slowStart: 0 }));
    const [first] = leader.step();
    const [task, bad] = /^map (\d) on (\w)$/.exec(first!)!.slice(1);
    const good = bad === "a" ? "b" : "a";
    leader.do(succeed(ref("map", 1 - Number(task), 0)));
    expect(leader.step()).toEqual([`reduce 0 on ${good}`]);
    const gone = failure("no space", undefined, "lost");
    leader.do(fail(ref("map", Number(task), 0), gone));
    expect(leader.step()).toEqual([`map ${task} on ${bad}`]);
    leader.do(fail(ref("map", Number(task), 1), gone));
    expect(leader.step()).toEqual(["kill reduce 0"]);
    expect(leader.step()).toContain(`map ${task} on ${good}`);
  });

  it("lets no worker fail a task so often that its job fails, as long as there are others", () => {
    for (const attemptsMax of [2, 3, 4, 10]) {
      const job = submit(2, 1, { limits: { attemptsMax } });
      const leader = new Leader(register("a", 1), register("b", 1), job);
      const [first] = leader.step();
      const [task, bad] = /^map (\d) on (\w)$/.exec(first!)!.slice(1);
      const good = bad === "a" ? "b" : "a";
      const tries = attemptsMax === 2 ? 1 : 2;
      for (let attempt = 0; attempt < tries; attempt++) {
        leader.do(fail(ref("map", Number(task), attempt)));
        const isLast = attempt === tries - 1;
        expect(leader.step()).toEqual(isLast ? [] : [first]);
      }
      leader.do(succeed(ref("map", 1 - Number(task), 0)));
      expect(leader.step()).toEqual([`map ${task} on ${good}`]);
    }
  });

  it("gives a map back to where it got lost if there is no other place", () => {
    const leader = new Leader(register("a", 1), register("b", 1), submit(1, 1));
    leader.do(lose("b"));
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(leader.step()).toEqual(["map 0 on a"]);
      leader.do(fail(ref("map", 0, attempt), failure("no space", undefined, "lost")));
    }
  });

  it("gives nothing to workers that are excluded, or that the log has given up", () => {
    const leader = new Leader(register("a"), register("b"), submit(5, 1));
    leader.excluded.add(workerName("a"));
    expect(leader.step()).toEqual(["map 0 on b", "map 1 on b"]);
    leader.excluded.clear();
    leader.do(lose("b"));
    expect(leader.step()).toEqual(["map 0 on a", "map 1 on a"]);
  });

  it("makes no more commands at once than a moment allows", () => {
    const leader = new Leader(register("a", 5000), submit(3000, 1));
    expect(leader.step()).toHaveLength(PLAN_COMMANDS_MAX);
    expect(leader.step()[0]).toBe(`map ${PLAN_COMMANDS_MAX} on a`);
  });
});

describe("plan, with several jobs", () => {
  it("gives each an equal share of the slots, and what one leaves to the others", () => {
    const leader = new Leader(
      register("a", 8),
      submit(100, 1, { job: A }),
      submit(100, 1, { job: B }),
      submit(1, 1, { job: JOB }),
    );
    leader.step();
    expect([A, B, JOB].map((job) => held(leader.state, job))).toEqual([4, 3, 1]);
  });

  it("gives the next slots to a job that comes later, until it has its share", () => {
    const leader = new Leader(register("a", 4), submit(100, 1, { job: A }));
    leader.step();
    leader.do(submit(100, 1, { job: B }));
    for (const task of [0, 1]) leader.do(succeed(ref("map", task, 0, A)));
    leader.step();
    expect([A, B].map((job) => held(leader.state, job))).toEqual([2, 2]);
  });

  it("serves a higher priority first, and then the others", () => {
    const leader = new Leader(
      register("a", 4),
      submit(100, 1, { job: A }),
      submit(3, 1, { job: B, priority: 1 }),
    );
    leader.step();
    expect([A, B].map((job) => held(leader.state, job))).toEqual([1, 3]);
  });
});

describe("plan, near the input", () => {
  const labels = [
    { label: "h1", tasks: [0, 2, 4] },
    { label: "h2", tasks: [1, 3] },
    { label: "r1", tasks: [5] },
  ];
  const near = (host: string, rack = "") => ({ host, rack });

  it("gives a map to a host that has its input", () => {
    const leader = new Leader(
      register("a", 2, near("h1")),
      register("b", 2, near("h2")),
      submit(5, 1, { mapHosts: labels }),
    );
    expect(leader.step().sort()).toEqual(["map 0 on a", "map 1 on b", "map 2 on a", "map 3 on b"]);
  });

  it("gives maps of which nothing is known to anyone, without waiting", () => {
    const leader = new Leader(register("a", 9), submit(8, 1, { mapHosts: labels }));
    expect(leader.step()).toEqual(["map 6 on a", "map 7 on a"]);
  });

  it("waits half a second for a host, half a second more for a rack, and no longer", () => {
    const leader = new Leader(
      register("a", 9, near("h9", "r1")),
      submit(6, 1, { mapHosts: labels }),
    );
    expect(leader.step()).toEqual([]);
    leader.pass(499);
    expect(leader.step()).toEqual([]);
    leader.pass(1);
    expect(leader.step()).toEqual(["map 5 on a"]);
    leader.pass(500);
    expect(leader.step()).toHaveLength(5);
  });

  it("begins to wait anew when it has found a host", () => {
    const leader = new Leader(
      register("a", 1, near("h1")),
      submit(3, 1, {
        mapHosts: [
          { label: "h1", tasks: [2] },
          { label: "h2", tasks: [0, 1] },
        ],
      }),
    );
    expect(leader.step()).toEqual(["map 2 on a"]);
    leader.do(succeed(ref("map", 2, 0)), register("b", 1, near("h3")));
    leader.excluded.add(workerName("a"));
    expect(leader.step()).toEqual([]);
    leader.pass(900);
    leader.do(register("c", 1, near("h2")));
    expect(leader.step()).toEqual(["map 0 on c"]);
    leader.pass(999);
    expect(leader.step()).toEqual([]);
    leader.pass(1);
    expect(leader.step()).toEqual(["map 1 on b"]);
  });

  it("lets other jobs have the slots meanwhile", () => {
    const leader = new Leader(
      register("a", 2, near("h9")),
      submit(2, 1, { job: A, mapHosts: [{ label: "h1", tasks: [0, 1] }] }),
      submit(2, 1, { job: B }),
    );
    leader.step();
    expect([A, B].map((job) => held(leader.state, job))).toEqual([0, 2]);
  });

  it("does not wait to try again", () => {
    const leader = new Leader(
      register("a", 1, near("h1")),
      register("b", 1, near("h9")),
      submit(1, 1, { mapHosts: [{ label: "h1", tasks: [0] }] }),
    );
    expect(leader.step()).toEqual(["map 0 on a"]);
    leader.do(fail(ref("map", 0, 0)));
    expect(leader.step()).toEqual(["map 0 on b"]);
  });
});

describe("plan, of reduces", () => {
  /** A job whose maps are completed. */
  function reducing(reduces: number, ...workers: ReturnType<typeof register>[]): Leader {
    const leader = new Leader(...workers, submit(2, reduces));
    leader.step();
    leader.do(succeed(ref("map", 0, 0)), succeed(ref("map", 1, 0)));
    return leader;
  }

  it("sends one where much of its bytes are, and any where they are spread", () => {
    const leader = reducing(3, register("a", 2), register("b", 1), register("c", 1));
    const shares = [
      [["c", 0.9]],
      [
        ["c", 0.8],
        ["b", 0.6],
      ],
      [["b", 0.3]],
    ] as const;
    leader.regionShares = (_, partition) =>
      shares[partition]!.map(([id, share]) => ({ worker: workerId(id), share }));
    expect(leader.step()).toEqual(["reduce 0 on c", "reduce 1 on b", "reduce 2 on a"]);
  });

  it("begins when the job's share of maps is completed, and leaves most slots to maps", () => {
    const leader = new Leader(register("a", 8), submit(100, 50, { slowStart: 0.02 }));
    leader.step();
    for (const task of [0, 1]) leader.do(succeed(ref("map", task, 0)));
    expect(leader.step()).toEqual(["reduce 0 on a", "reduce 1 on a"]);
    leader.do(succeed(ref("map", 2, 0)));
    expect(leader.step()).toEqual(["map 8 on a"]);
  });

  it("gives them all slots when no map waits", () => {
    const leader = new Leader(register("a", 4), submit(4, 50, { slowStart: 0 }));
    leader.step();
    leader.do(succeed(ref("map", 0, 0)), succeed(ref("map", 1, 0)));
    // One slot was a reduce's from the start.
    expect(leader.step()).toEqual(["map 3 on a", "reduce 1 on a"]);
  });
});

describe("plan, when reduces hold the slots that a lost map needs", () => {
  /** One worker full of reduces, and one whose map outputs are lost. */
  function stuck(slots: number): Leader {
    const leader = new Leader(register("a", slots), submit(3, 50));
    for (let i = 0; i < 3; i++) {
      leader.step();
      leader.do(...[0, 1, 2].map((task) => succeed(ref("map", task, 0))));
    }
    leader.step();
    expect(leader.state.jobs.get(JOB)!.reduce.running.size).toBe(slots);
    return leader;
  }

  it("lets the youngest reduces make way, so many as maps wait, but half of them at most", () => {
    const leader = stuck(8);
    leader.do(...[0, 1, 2].map((task) => loseOutput(ref("map", task, 0))));
    expect(leader.step()).toEqual(["kill reduce 7", "kill reduce 6", "kill reduce 5"]);
    expect(leader.step()).toEqual(["map 0 on a", "map 1 on a", "map 2 on a"]);
    const one = stuck(2);
    one.do(...[0, 1, 2].map((task) => loseOutput(ref("map", task, 0))));
    expect(one.step()).toEqual(["kill reduce 1"]);
  });

  it("lets the only reduce make way", () => {
    const leader = stuck(1);
    leader.do(loseOutput(ref("map", 1, 0)));
    expect(leader.step()).toEqual(["kill reduce 0"]);
    expect(leader.step()).toEqual(["map 1 on a"]);
    leader.do(succeed(ref("map", 1, 1)));
    expect(leader.step()).toEqual(["reduce 0 on a"]);
  });

  it("gives them a second before it asks more of them", () => {
    const leader = stuck(8);
    leader.do(loseOutput(ref("map", 0, 0)));
    const commands = leader.plan();
    expect(commands).toHaveLength(1);
    // The command is applied, and the slot is not free yet: the worker has to hear of it.
    expect(leader.plan()).toEqual([]);
    leader.pass(1000);
    expect(leader.plan()).toHaveLength(1);
  });
});
