/**
 * Who gets a backup, and where it finds a slot.
 */

import { describe, expect, it } from "vitest";
import {
  fail,
  loseOutput,
  ref,
  register,
  submit,
  succeed,
} from "../../../test/scheduler/support/commands.ts";
import { Leader } from "../../../test/scheduler/support/leader.ts";
import { jobId, workerName } from "../../base/ids.ts";

describe("plan, of backups", () => {
  /** Ten maps on ten workers; an eleventh is free. All but the first are half done after 5 s. */
  function slow(share: number, options = {}): Leader {
    const workers = [..."abcdefghij"].map((name) => register(name, 1));
    const leader = new Leader(...workers, submit(10, 1, { speculation: true, ...options }));
    leader.step();
    leader.pass(5000);
    leader.do(register("k", 1));
    for (let task = 0; task < 10; task++) {
      leader.progress(ref("map", task, 0), task === 0 ? share : 0.5);
    }
    return leader;
  }

  it("gives one to the attempt that would end last, on another worker", () => {
    const leader = slow(0.1);
    expect(leader.step()).toEqual(["backup of map 0 on k"]);
    leader.pass(5000);
    expect(leader.step()).toEqual([]);
  });

  it("gives one to an attempt that has read all of its input and does not end", () => {
    const leader = slow(1);
    for (let task = 1; task < 10; task++) leader.do(succeed(ref("map", task, 0)));
    expect(leader.step()).toEqual([]);
    leader.pass(1500);
    expect(leader.step()).toEqual([expect.stringMatching(/^backup of map 0 on /)]);
  });

  it("gives none where all are about as fast", () => {
    expect(slow(0.45).step()).toEqual([]);
  });

  it("gives none where a backup would not be done sooner", () => {
    const leader = slow(0.1);
    leader.pass(5000);
    for (let task = 0; task < 10; task++) {
      leader.progress(ref("map", task, 0), task === 0 ? 0.7 : 0.95);
    }
    expect(leader.step()).toEqual([]);
  });

  it("gives none to a job that wants none", () => {
    expect(slow(0.1, { speculation: false }).step()).toEqual([]);
  });

  it("gives none to those that have just begun", () => {
    const leader = slow(0.1);
    leader.pass(-3000);
    expect(leader.step()).toEqual([]);
  });

  it("goes by the attempts that are completed, when one is left", () => {
    const leader = slow(0.1);
    for (let task = 1; task < 10; task++) leader.do(succeed(ref("map", task, 0)));
    expect(leader.step()).toEqual([expect.stringMatching(/^backup of map 0 on /)]);
  });

  it("finds the one that does not get on at all", () => {
    const leader = slow(0);
    for (let task = 1; task < 10; task++) leader.do(succeed(ref("map", task, 0)));
    // As long as others took, it may only be late.
    leader.pass(-1);
    expect(leader.step()).toEqual([]);
    leader.pass(1001);
    expect(leader.step()).toEqual([expect.stringMatching(/^backup of map 0 on /)]);
  });

  it("waits while other tasks wait, but for those that are far behind", () => {
    const waiting = slow(0.2, { mapTasks: 20 });
    expect(waiting.step()).toEqual(["map 10 on k"]);
    const urgent = slow(0.01, { mapTasks: 20 });
    expect(urgent.step()).toEqual(["backup of map 0 on k"]);
  });

  it("gives them a tenth of the slots at most", () => {
    const workers = [...Array(40).keys()].map((name) => register(`w${name}`, 1));
    const leader = new Leader(...workers, submit(40, 1, { speculation: true }));
    leader.step();
    leader.pass(5000);
    leader.do(register("free", 20));
    for (let task = 0; task < 40; task++) {
      leader.progress(ref("map", task, 0), task < 9 ? 0.1 : 0.5);
    }
    expect(leader.step()).toHaveLength(6);
  });

  it("does not take a reduce for slow that waits for maps", () => {
    const workers = [..."abcdefghij"].map((name) => register(name, 1));
    const leader = new Leader(...workers, submit(1, 10, { speculation: true, slowStart: 0 }));
    leader.step();
    leader.do(succeed(ref("map", 0, 0)));
    leader.step();
    leader.pass(5000);
    leader.do(register("k", 2));
    for (let task = 0; task < 10; task++) {
      leader.progress(ref("reduce", task, 0), task === 0 ? 0.1 : 0.5);
    }
    leader.do(loseOutput(ref("map", 0, 0)));
    expect(leader.step()).toEqual(["map 0 on k"]);
    leader.pass(1000);
    expect(leader.step()).toEqual([]);
    leader.do(succeed(ref("map", 0, 1)));
    leader.pass(4000);
    for (let task = 0; task < 10; task++) {
      leader.progress(ref("reduce", task, 0), task === 0 ? 0.15 : 0.9);
    }
    expect(leader.step()).toEqual(["backup of reduce 0 on k"]);
  });
});

describe("plan, of backups of maps that reduces wait for", () => {
  /**
   * A map crawls on `a`; the others took a second. Reduces hold all slots that these have left, and some
   * more wait.
   */
  function crawling(options: Parameters<typeof submit>[2] & { slots?: number } = {}): Leader {
    const { slots = 1, ...rest } = options;
    const workers = [register("c", 1), register("b", 1), register("a", slots)];
    const job = submit(2 + slots, 4, { speculation: true, slowStart: 0.5, ...rest });
    const leader = new Leader(...workers, job);
    expect(leader.step()[0]).toBe("map 0 on a");
    leader.pass(1000);
    for (let task = 1; task < 2 + slots; task++) leader.do(succeed(ref("map", task, 0)));
    leader.excluded.add(workerName("a"));
    expect(leader.step()).toEqual(["reduce 0 on b", "reduce 1 on c"]);
    leader.excluded.clear();
    leader.pass(4000);
    leader.progress(ref("map", 0, 0), 0.01);
    return leader;
  }

  it("lets the youngest reduce make way, and gives its slot to the backup", () => {
    const leader = crawling();
    expect(leader.step()).toEqual(["kill reduce 1"]);
    expect(leader.step()).toEqual(["backup of map 0 on c"]);
    leader.pass(1000);
    expect(leader.step()).toEqual([]);
    leader.do(succeed(ref("map", 0, 1)));
    expect(leader.step().sort()).toEqual(["reduce 1 on a", "reduce 2 on c"]);
  });

  it("takes a slot that comes free before reduces do that would only wait there", () => {
    const leader = new Leader(
      register("b", 1),
      register("a", 1),
      submit(2, 4, { speculation: true, slowStart: 0.5 }),
    );
    expect(leader.step()).toEqual(["map 0 on a", "map 1 on b"]);
    leader.pass(3000);
    leader.do(succeed(ref("map", 1, 0)));
    leader.step();
    leader.pass(4000);
    // Slow enough for a backup, not for one at any time.
    leader.progress(ref("map", 0, 0), 0.6);
    leader.do(register("d", 2));
    expect(leader.step()).toEqual(["backup of map 0 on d", "reduce 1 on d"]);
  });

  it("lets one make way though a slot is free where the map runs already", () => {
    const leader = crawling({ slots: 2, reduceTasks: 2 });
    expect(leader.step()).toEqual(["kill reduce 1"]);
    expect(leader.step()).toEqual(["backup of map 0 on c", "reduce 1 on a"]);
  });

  it("lets none make way where a backup cannot go", () => {
    const leader = crawling();
    leader.excluded.add(workerName("b")).add(workerName("c"));
    expect(leader.step()).toEqual([]);
    leader.excluded.delete(workerName("b"));
    expect(leader.step()).toEqual(["kill reduce 0"]);
  });

  it("lets none make way where a backup of the map has failed", () => {
    const leader = crawling();
    leader.step();
    leader.step();
    leader.do(fail(ref("map", 0, 1)));
    expect(leader.step()).toEqual(["reduce 1 on c"]);
    leader.pass(1000);
    expect(leader.step()).toEqual(["kill reduce 0"]);
  });

  it("gives reduces a second before it asks more of them", () => {
    const leader = crawling();
    expect(leader.plan()).toHaveLength(1);
    expect(leader.plan()).toEqual([]);
    leader.pass(1000);
    expect(leader.plan()).toHaveLength(1);
  });

  it("lets none make way for a job that wants no backups", () => {
    expect(crawling({ speculation: false }).step()).toEqual([]);
  });

  it("lets no more make way than there may be backups", () => {
    const workers = [...Array(20).keys()].map((name) => register(`w${name}`, 1));
    const job = submit(20, 20, { speculation: true, slowStart: 0.5 });
    const leader = new Leader(...workers, job);
    leader.step();
    leader.pass(1000);
    for (let task = 4; task < 20; task++) leader.do(succeed(ref("map", task, 0)));
    leader.step();
    leader.pass(4000);
    for (let task = 0; task < 4; task++) leader.progress(ref("map", task, 0), 0.01);
    expect(leader.step()).toEqual(["kill reduce 15", "kill reduce 14"]);
    expect(leader.step()).toHaveLength(2);
    leader.pass(1000);
    expect(leader.step()).toEqual([]);
  });

  it("lets no more make way than that in all jobs together", () => {
    const [a, b] = [jobId("a-job"), jobId("b-job")];
    const options = { speculation: true, slowStart: 0.5 };
    const leader = new Leader(
      ...["w4", "w3", "w2", "w1"].map((name) => register(name, 1)),
      submit(2, 2, { job: a, ...options }),
      submit(2, 2, { job: b, ...options }),
    );
    leader.step();
    leader.pass(1000);
    leader.do(succeed(ref("map", 1, 0, a)), succeed(ref("map", 1, 0, b)));
    expect(leader.step()).toHaveLength(2);
    leader.pass(4000);
    for (const job of [a, b]) leader.progress(ref("map", 0, 0, job), 0.01);
    expect(leader.step()).toEqual(["kill reduce 0"]);
  });
});
