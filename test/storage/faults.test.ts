/**
 * A fault at every single call of the disk: crashes, a full disk, syncs that fail. The machine is
 * simulated, and what it loses is drawn from a seed (see simulated-machine.ts). After each, the log
 * must be what was acknowledged, followed by a beginning of what was not answered (log-model.ts).
 */

import { describe, test } from "vitest";
import { liveWithFaultAtEveryCall } from "./support/lives.ts";

const SEEDS = process.env.SEEDS?.split(",").map(Number) ?? [1, 2, 3, 4];

describe.each(SEEDS)("seed %i", (seed) => {
  test("a crash that loses power leaves what was acknowledged", () =>
    liveWithFaultAtEveryCall(seed, { kind: "crash" }, { losesPower: true }));

  test("a killed process leaves what was acknowledged", () =>
    liveWithFaultAtEveryCall(seed, { kind: "crash" }, { losesPower: false }));

  test("a full disk ends the process, and the next one knows what it has", () =>
    liveWithFaultAtEveryCall(seed, { kind: "no-space" }, { losesPower: true }));

  test("a failed sync ends the process, and the next one knows what it has", () =>
    liveWithFaultAtEveryCall(seed, { kind: "failed-sync" }, { losesPower: false }));
});
