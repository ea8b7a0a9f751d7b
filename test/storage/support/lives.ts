/**
 * Lives of a member on a simulated machine, one with a fault and those after it: what is common to
 * all tests of faults. Everything follows from the seed.
 */

import { expect } from "vitest";
import { SheafError } from "../../../src/base/error.ts";
import { Chance } from "./chance.ts";
import { LogModel } from "./log-model.ts";
import { LogScenario, ProcessEnded } from "./log-scenario.ts";
import type { SimulatedFault } from "./simulated-disk.ts";
import { SimulatedMachine } from "./simulated-machine.ts";

const STEPS = 15;
const STEPS_AFTER = 4;

/** How the life with the fault ends for the machine, if the fault does not end it. */
export interface Ending {
  readonly losesPower: boolean;
}

/**
 * Lives through a fault, starts again and checks what is there; loses the power, and checks again,
 * because what an opened log says is as good as acknowledged. Resolves to the calls of the first life.
 */
export async function live(
  seed: number,
  fault: SimulatedFault | undefined,
  { losesPower }: Ending,
): Promise<number> {
  const machine = new SimulatedMachine(new Chance(seed));
  const model = new LogModel();
  const chance = new Chance(seed + 1_000_000);
  const disk = machine.run(fault);
  await endOf(new LogScenario(model, chance, disk), fault);
  disk.stop();
  if (losesPower) machine.losePower();
  const second = machine.run();
  await new LogScenario(model, chance, second).start();
  second.stop();
  machine.losePower();
  const third = new LogScenario(model, chance, machine.run());
  await third.start();
  await third.run(STEPS_AFTER);
  await third.close();
  await third.start();
  return disk.calls;
}

/** Runs to the end, or to where the fault ends it. */
async function endOf(scenario: LogScenario, fault: SimulatedFault | undefined): Promise<void> {
  try {
    await scenario.start();
    await scenario.run(STEPS);
    await scenario.close();
  } catch (error) {
    if (!(error instanceof ProcessEnded) || !isOf(fault, error.cause)) throw error;
    if (fault?.kind !== "crash") await expectEnded(scenario);
  }
}

const CAUSES = { crash: "ESTOPPED", "failed-sync": "EIO", "no-space": "ENOSPC" } as const;

/** Whether an error is what the fault must lead to, and nothing else that went wrong. */
function isOf(fault: SimulatedFault | undefined, error: unknown): boolean {
  if (fault === undefined || !(error instanceof SheafError)) return false;
  const { code } = error.cause as NodeJS.ErrnoException;
  const isWorded = error.code === (fault.kind === "no-space" ? "NO_SPACE" : "DATA_FAILED");
  return isWorded && code === CAUSES[fault.kind];
}

/** After a call that failed, nothing more is taken in. */
async function expectEnded({ log }: LogScenario): Promise<void> {
  if (log === undefined) return;
  await expect(log.persist({})).rejects.toBeInstanceOf(SheafError);
}

/** Lives with a fault at every call that a life without one makes. */
export async function liveWithFaultAtEveryCall(
  seed: number,
  fault: Omit<SimulatedFault, "call">,
  ending: Ending,
): Promise<void> {
  const calls = await live(seed, undefined, ending);
  expect(calls).toBeGreaterThan(50);
  for (let call = 1; call <= calls; call++) {
    await live(seed, { ...fault, call }, ending).catch((error) => {
      throw new Error(`${fault.kind} at call ${call} of seed ${seed}: ${error}`, { cause: error });
    });
  }
}
