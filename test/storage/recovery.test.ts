/**
 * A member that has lost what it had acknowledged: whatever crashes, it knows that it may not vote
 * until its group has brought it up to date.
 */

import { describe, expect, test } from "vitest";
import { logIndex, memberId, term } from "../../src/base/ids.ts";
import { beginRecovery } from "../../src/storage/opening/begin-recovery.ts";
import { openLog } from "../../src/storage/opening/open-log.ts";
import { Chance } from "./support/chance.ts";
import { entryOf, IDENTITY, MEMBERS } from "./support/contents.ts";
import { fullFolder } from "./support/full-folder.ts";
import { SimulatedMachine } from "./support/simulated-machine.ts";

const LAST_SEGMENT = "segment-000000000003";

/** A folder with an entry lost that was acknowledged. */
async function damagedFolder(): Promise<SimulatedMachine> {
  const machine = (await fullFolder()).machine.clone();
  machine.files.get(LAST_SEGMENT)!.rot(machine.files.get(LAST_SEGMENT)!.sizeBytes - 20, 1);
  expect((await openLog(machine.run(), IDENTITY)).verdict.kind).toBe("damaged");
  return machine;
}

function segmentsOf(machine: SimulatedMachine): string[] {
  return [...machine.files.keys()].filter((name) => name.startsWith("segment-")).sort();
}

describe("beginRecovery", () => {
  test("goes on with the vote and the snapshot, and says so until the member has recovered", async () => {
    const machine = await damagedFolder();
    const damaged = segmentsOf(machine);
    const log = await beginRecovery(machine.run(), IDENTITY, MEMBERS);
    expect(log.isRecovering).toBe(true);
    expect(log.hardState).toMatchObject({ term: 3, votedFor: 2 });
    expect(log.snapshot.meta.index).toBe(16);
    expect(log.restore().entries).toEqual([]);
    await log.persist({ entries: [entryOf(17, 3), entryOf(18, 3)] });
    await log.close();

    const again = (await openLog(machine.run(), IDENTITY)).log!;
    expect(again.isRecovering).toBe(true);
    expect(again.lastIndex).toBe(18);
    expect(segmentsOf(machine)).toEqual([...damaged, "segment-000000000004"]);
    await again.persist({ entries: [entryOf(19, 3)], recovered: true });
    expect(again.isRecovering).toBe(false);
    await again.close();

    const { verdict, log: sound } = await openLog(machine.run(), IDENTITY);
    expect(verdict).toMatchObject({ kind: "intact", isRecovering: false, covered: [] });
    expect(sound!.lastIndex).toBe(19);
    expect(segmentsOf(machine)).toEqual(["segment-000000000004", "segment-000000000005"]);
  });

  test("starts from nothing where nothing is left", async () => {
    const machine = await damagedFolder();
    for (const name of machine.files.keys()) {
      if (name !== LAST_SEGMENT) machine.lose(name);
    }
    const log = await beginRecovery(machine.run(), IDENTITY, MEMBERS);
    expect(log.isRecovering).toBe(true);
    expect(log.restore()).toMatchObject({
      hardState: { term: 3, votedFor: undefined, commitIndex: 0 },
      snapshot: { index: 0, membership: MEMBERS },
    });
  });

  test("starts from nothing on a new disk, too", async () => {
    const machine = new SimulatedMachine(new Chance(1));
    await (await beginRecovery(machine.run(), IDENTITY, MEMBERS)).close();
    const { verdict, log } = await openLog(machine.run(), IDENTITY);
    expect(verdict).toMatchObject({ kind: "intact", isRecovering: true });
    expect(log!.hardState).toMatchObject({ term: 0, votedFor: undefined });
  });

  test.each([true, false])(
    "leaves a new disk new until it is begun, wherever it crashes (power lost: %s)",
    async (losesPower) => {
      for (let call = 1; ; call++) {
        const machine = new SimulatedMachine(new Chance(call));
        const begun = await beginRecovery(
          machine.run({ kind: "crash", call }),
          IDENTITY,
          MEMBERS,
        ).catch(() => undefined);
        if (losesPower) machine.losePower();
        const { verdict, log } = await openLog(machine.run(), IDENTITY);
        if (verdict.kind === "intact") expect(verdict.isRecovering).toBe(true);
        else expect(verdict.kind).toBe("new");
        const again = log ?? (await beginRecovery(machine.run(), IDENTITY, MEMBERS));
        expect(again.snapshot.meta.membership).toEqual(MEMBERS);
        if (begun !== undefined) return;
      }
    },
  );

  test.each([true, false])(
    "is begun or not, never half, wherever it crashes (power lost: %s)",
    async (losesPower) => {
      const outcomes = new Set<string>();
      for (let call = 1; ; call++) {
        const machine = await damagedFolder();
        const disk = machine.run({ kind: "crash", call });
        const hasCrashed = await beginRecovery(disk, IDENTITY, MEMBERS).then(
          () => false,
          () => true,
        );
        if (!hasCrashed) break;
        if (losesPower) machine.losePower();
        const { verdict, log } = await openLog(machine.run(), IDENTITY);
        outcomes.add(verdict.kind);
        if (verdict.kind === "intact") expect(verdict.isRecovering).toBe(true);
        else expect(verdict.kind).toBe("damaged");
        const recovering = log ?? (await beginRecovery(machine.run(), IDENTITY, MEMBERS));
        expect(recovering.snapshot.meta.index).toBe(16);
        const hardState = { term: term(4), votedFor: memberId(1), commitIndex: logIndex(0) };
        await recovering.persist({ hardState, entries: [entryOf(17, 4)], recovered: true });
        await recovering.close();
        const after = await openLog(machine.run(), IDENTITY);
        expect(after.verdict).toMatchObject({ kind: "intact", isRecovering: false });
      }
      expect([...outcomes].sort()).toEqual(["damaged", "intact"]);
    },
  );
});
