import { expect, test } from "vitest";
import type { StepPlan } from "../../local/executor.ts";
import type { InputPlaces } from "../../local/input-places.ts";
import { DriverExecutor } from "./driver-executor.ts";
import type { FromDriver } from "./driver-message.ts";

/** What is said of a step whose input is in these places. */
function toldOf(places: InputPlaces): FromDriver[] {
  const told: FromDriver[] = [];
  const executor = new DriverExecutor(
    (message) => told.push(message),
    new AbortController().signal,
  );
  const plan = {
    ...{ label: { step: 0, iteration: 1 }, splits: [{}, {}, {}], windows: [], partitions: 1 },
    ...{ runs: undefined, inputBytes: 9, previous: {}, skippedMax: 0, skipped: 0 },
    output: { kind: "step", place: "/runs" },
    places: () => places,
  };
  void executor.runStep(plan as unknown as StepPlan);
  return told;
}

test("a step whose input has moved meanwhile is the same step for the next leader", () => {
  const [here, there] = ["h1", "h2"].map((label) => {
    const [message] = toldOf({ byLabel: [{ label, tasks: [0, 1, 2] }], endsAt: undefined });
    return message as Extract<FromDriver, { type: "plan" }>;
  });
  expect(here!.plan.mapHosts).toEqual([{ label: "h1", tasks: [0, 1, 2] }]);
  expect(there!.plan.hash).toBe(here!.plan.hash);
});

test("places that are too many to keep are warned of", () => {
  const [warning, plan] = toldOf({ byLabel: [{ label: "h1", tasks: [0] }], endsAt: 1 });
  const message =
    "The input's places are more than the masters keep: 2 of 3 map tasks run anywhere.";
  expect(warning).toEqual({ type: "event", event: { type: "warning", message } });
  expect(plan).toMatchObject({ type: "plan", plan: { mapHosts: [{ label: "h1", tasks: [0] }] } });
});
