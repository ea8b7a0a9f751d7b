import { describe, expect, test } from "vitest";
import { type Happening, History, type Operation } from "./history.ts";
import { judge } from "./linearizability.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** Operations with the moments of their questions and answers. */
function historyOf(...operations: readonly [Operation, number, number][]): readonly Happening[] {
  const history = new History();
  for (const [operation, from, to] of operations) history.add("c", operation, from, to);
  return history.happenings;
}

const submit: Operation = { kind: "submit", job: "a" };
const nothing: Operation = { kind: "list", jobs: [] };
const pending: Operation = { kind: "list", jobs: [["a", "pending"]] };
const running: Operation = { kind: "status", job: "a", standing: "running" };
const succeeded: Operation = { kind: "status", job: "a", standing: "succeeded" };
const cancelled: Operation = { kind: "status", job: "a", standing: "cancelled" };
const cancel: Operation = { kind: "cancel", job: "a", standing: undefined };

describe("a history is linearizable", () => {
  test("where answers come in the order of what was done", () => {
    expect(judge(historyOf([submit, 1, 2], [pending, 3, 4], [running, 5, 6]))).toBe("linearizable");
  });

  test("where operations at the same time may have come in either order", () => {
    expect(judge(historyOf([submit, 1, 4], [nothing, 2, 3]))).toBe("linearizable");
    expect(judge(historyOf([submit, 1, 4], [pending, 2, 3]))).toBe("linearizable");
  });

  test("where what nobody answered was done, late or never", () => {
    expect(judge(historyOf([submit, 1, NEVER], [nothing, 2, 3]))).toBe("linearizable");
    expect(judge(historyOf([submit, 1, NEVER], [nothing, 2, 3], [pending, 4, 5]))).toBe(
      "linearizable",
    );
  });
});

describe("a history is not linearizable", () => {
  test("where a read does not see what was answered before it", () => {
    expect(judge(historyOf([submit, 1, 2], [nothing, 3, 4]))).toBe("not linearizable");
  });

  test("where a later read sees less than an earlier one", () => {
    const stale = historyOf([submit, 1, NEVER], [pending, 2, 3], [nothing, 4, 5]);
    expect(judge(stale)).toBe("not linearizable");
    const back = historyOf([submit, 1, 2], [succeeded, 3, 4], [running, 5, 6]);
    expect(judge(back)).toBe("not linearizable");
  });

  test("where a job is cancelled that nobody has cancelled", () => {
    expect(judge(historyOf([submit, 1, 2], [cancelled, 3, 4]))).toBe("not linearizable");
    expect(judge(historyOf([submit, 1, 2], [cancel, 3, NEVER], [cancelled, 4, 5]))).toBe(
      "linearizable",
    );
  });

  test("where a job is known that was never submitted", () => {
    expect(judge(historyOf([running, 1, 2]))).toBe("not linearizable");
  });
});
