import { expect, test } from "vitest";
import {
  assign,
  ref,
  register,
  submit,
  succeed,
} from "../../../test/scheduler/support/commands.ts";
import { Leader } from "../../../test/scheduler/support/leader.ts";
import { jobId, workerId } from "../../base/ids.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** Worker `a` with two slots has done so many maps, each in so many milliseconds, and runs the next two. */
function leaderAfter(maps: number, eachMs: number): Leader {
  const leader = new Leader(register("a", 2), submit(maps + 2, 2, { slowStart: 0 }));
  for (let task = 0; task < maps; task++) {
    leader.do(assign(ref("map", task, 0), "a"));
    leader.pass(eachMs);
    leader.do(succeed(ref("map", task, 0)));
  }
  leader.do(assign(ref("map", maps, 0), "a"), assign(ref("map", maps + 1, 0), "a"));
  return leader;
}

function roomOf({ state, clock }: Leader): number {
  const { slots, running } = state.workers.live.get(workerId("a"))!;
  return new WaitingRoom(clock).of(slots, running);
}

test("a worker whose slots are taken by short maps has room for two more behind each", () => {
  expect(roomOf(leaderAfter(16, 50))).toBe(4);
});

test("there is none where maps take longer", () => {
  expect(roomOf(leaderAfter(16, 51))).toBe(0);
});

test("there is none before it is known how long they take", () => {
  expect(roomOf(leaderAfter(15, 1))).toBe(0);
});

test("there is none while a slot is free", () => {
  const leader = leaderAfter(16, 1);
  leader.do(succeed(ref("map", 16, 0)));
  expect(roomOf(leader)).toBe(0);
});

test("nothing waits behind a reduce, which may wait for it", () => {
  const leader = leaderAfter(16, 1);
  leader.do(succeed(ref("map", 16, 0)), assign(ref("reduce", 0, 0), "a"));
  expect(roomOf(leader)).toBe(0);
});

test("of two jobs on a worker, both must be of short maps", () => {
  const leader = leaderAfter(16, 1);
  const other = jobId("other");
  leader.do(submit(4, 1, { job: other }), succeed(ref("map", 16, 0)));
  leader.do(assign(ref("map", 0, 0, other), "a"));
  expect(roomOf(leader)).toBe(0);
});
