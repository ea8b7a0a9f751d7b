import { describe, expect, it } from "vitest";
import {
  JOB,
  loseOutput,
  ref,
  register,
  submit,
  succeed,
} from "../../test/scheduler/support/commands.ts";
import { Leader } from "../../test/scheduler/support/leader.ts";
import { type WorkerId, workerId } from "../base/ids.ts";
import { type FetchFailureReason, FetchFailures } from "./fetch-failures.ts";

/** A map whose output is on one worker, and others that may want it. */
function fetching(attempts = 1) {
  const leader = new Leader(register("a", 4), submit(1, 4));
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) leader.do(loseOutput(ref("map", 0, attempt - 1)));
    leader.step();
    leader.do(succeed(ref("map", 0, attempt)));
  }
  const failures = new FetchFailures();
  return (
    reducer: string,
    reason: FetchFailureReason,
    attempt = attempts - 1,
    isLive: (worker: WorkerId) => boolean = () => true,
  ) => {
    const output = ref("map", 0, attempt);
    return failures.decide(
      leader.state,
      { job: JOB, task: output.task, attempt: output.attempt, reducer: workerId(reducer), reason },
      isLive,
    );
  };
}

describe("a map output", () => {
  it.each(["gone", "length", "corrupt"] as const)(
    "is lost if one reducer finds it %s",
    (reason) => {
      expect(fetching()("b", reason)).toBe("lost");
    },
  );

  it.each(["unreachable", "timeout", "refused"] as const)(
    "is tried again if it is %s, lost if another worker says so, too",
    (reason) => {
      const report = fetching();
      expect(report("b", reason)).toBe("try-again");
      expect(report("c", reason)).toBe("lost");
    },
  );

  it("is tried again three times for one reducer", () => {
    const report = fetching();
    const verdicts = [1, 2, 3, 4].map(() => report("b", "timeout"));
    expect(verdicts).toEqual(["try-again", "try-again", "try-again", "lost"]);
  });

  it("is lost at once if its worker does not answer either", () => {
    expect(fetching()("b", "timeout", 0, (worker) => worker !== "a")).toBe("lost");
  });

  it("is decided about once", () => {
    const report = fetching();
    report("b", "gone");
    expect(report("c", "gone")).toBe("known");
  });

  it("that was made again since is another one", () => {
    const report = fetching(2);
    expect(report("b", "gone", 0)).toBe("known");
    expect(report("b", "timeout", 1)).toBe("try-again");
  });
});
