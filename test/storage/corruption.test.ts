/**
 * One fault of the disk at a time, in a folder that was closed as it should be: bytes that rot, sectors
 * that are lost, files that end too early or are gone. Each is either found or does no harm; none makes
 * wrong data, and none takes away what was acknowledged without a word.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { createLog } from "../../src/storage/opening/create-log.ts";
import { openLog } from "../../src/storage/opening/open-log.ts";
import type { Verdict } from "../../src/storage/verdict.ts";
import { Chance } from "./support/chance.ts";
import { IDENTITY, MEMBERS } from "./support/contents.ts";
import { expectFull, type FullFolder, fullFolder } from "./support/full-folder.ts";
import { SMALL_LIMITS } from "./support/log-scenario.ts";
import { SECTOR_BYTES, type SimulatedFile } from "./support/simulated-file.ts";
import { SimulatedMachine } from "./support/simulated-machine.ts";

const STATE = "state";
const FIRST_SEGMENT = "segment-000000000001";
const LAST_SEGMENT = "segment-000000000003";
const SNAPSHOT = "snapshot-000000000000016-000000000000001";
const INCOMING = "incoming-000000000000040-000000000000003";

let folder: FullFolder;

beforeAll(async () => {
  folder = await fullFolder();
});

type Spoil = (machine: SimulatedMachine) => void;

/** Opens a copy of the folder with a fault. What can be opened must hold all that it did. */
async function verdictAfter(spoil: Spoil): Promise<Verdict> {
  const machine = folder.machine.clone();
  spoil(machine);
  const { verdict, log } = await openLog(machine.run(), IDENTITY, SMALL_LIMITS);
  if (log !== undefined) await expectFull(log, folder);
  return verdict;
}

function fileAfter(name: string, spoil: (file: SimulatedFile) => void): Promise<Verdict> {
  return verdictAfter((machine) => spoil(machine.files.get(name)!));
}

function isNoticed(verdict: Verdict): boolean {
  return verdict.kind === "damaged" || (verdict.kind === "intact" && verdict.covered.length > 0);
}

const DAMAGED = expect.objectContaining({ kind: "damaged" });

function coveredBy(file: string): object {
  return { kind: "intact", covered: [{ file }] };
}

describe("a folder with one fault", () => {
  test("is read as it was, while it has none", async () => {
    expect(await verdictAfter(() => {})).toMatchObject({ kind: "intact", covered: [] });
    const names = [...folder.machine.files.keys()];
    expect(names.sort()).toEqual([
      INCOMING,
      FIRST_SEGMENT,
      "segment-000000000002",
      LAST_SEGMENT,
      SNAPSHOT,
      STATE,
    ]);
  });

  test.each([STATE, FIRST_SEGMENT, LAST_SEGMENT, SNAPSHOT, INCOMING])(
    "tells of every byte of %s that has rotted, and is else as it was",
    async (name) => {
      const { bytes } = folder.machine.files.get(name)!;
      for (const [offset, byte] of bytes.entries()) {
        // Most zeros are room for more, and say nothing.
        if (byte === 0 && offset % 64 !== 5) continue;
        const verdict = await fileAfter(name, (file) => file.rot(offset, 1 << (offset % 8)));
        // A transfer goes on with as much as is sound, or begins anew.
        if (byte !== 0 && name !== INCOMING)
          expect(isNoticed(verdict), `byte ${offset}`).toBe(true);
      }
    },
  );

  test("never gives wrong data for a sector that is zeros, lost, or another's", async () => {
    for (const [name, { sizeBytes, bytes }] of folder.machine.files) {
      const misplaced = bytes.subarray(0, SECTOR_BYTES);
      for (let sector = 0; sector * SECTOR_BYTES < sizeBytes; sector++) {
        await fileAfter(name, (file) => file.clearSector(sector));
        await fileAfter(name, (file) => file.loseSector(sector));
        await fileAfter(name, (file) => file.write(misplaced, sector * SECTOR_BYTES));
      }
    }
  });

  test("never gives wrong data for a file that ends too early", async () => {
    for (const [name, { sizeBytes }] of folder.machine.files) {
      for (let size = 0; size < sizeBytes; size += 23) {
        await fileAfter(name, (file) => file.truncate(size));
      }
    }
  });

  test("is damaged when a file is gone that holds what was acknowledged", async () => {
    for (const name of [STATE, LAST_SEGMENT, SNAPSHOT]) {
      expect(await verdictAfter((machine) => machine.lose(name)), name).toEqual(DAMAGED);
    }
  });

  test("is damaged when its vote is older than its log", async () => {
    const older = new SimulatedMachine(new Chance(1));
    await createLog(older.run(), IDENTITY, MEMBERS);
    const { bytes } = older.files.get(STATE)!;
    expect(await fileAfter(STATE, (file) => file.write(bytes, 0))).toEqual(DAMAGED);
  });

  test("is damaged by what only it knew: entries behind the snapshot, both votes", async () => {
    const { sizeBytes } = folder.machine.files.get(LAST_SEGMENT)!;
    expect(await fileAfter(LAST_SEGMENT, (file) => file.rot(sizeBytes - 20, 1))).toEqual(DAMAGED);
    const rotBothVotes = (file: SimulatedFile): void => {
      for (const page of [1, 2]) file.rot(page * 4096 + 5, 1);
    };
    expect(await fileAfter(STATE, rotBothVotes)).toEqual(DAMAGED);
  });

  test("is not damaged by what a snapshot or another copy stands in for", async () => {
    const rot = (file: SimulatedFile): void => file.rot(250, 1);
    expect(await fileAfter(FIRST_SEGMENT, rot)).toMatchObject(coveredBy(FIRST_SEGMENT));
    for (const page of [0, 1, 2, 3]) {
      const verdict = await fileAfter(STATE, (file) => file.rot(page * 4096 + 5, 1));
      expect(verdict).toMatchObject(coveredBy(STATE));
    }
  });

  test("says which file is damaged, and where", async () => {
    const verdict = await fileAfter(LAST_SEGMENT, (file) => file.rot(205, 1));
    expect(verdict).toMatchObject({
      faults: expect.arrayContaining([
        { file: LAST_SEGMENT, what: expect.stringMatching(/^is damaged from byte \d+ to \d+$/) },
      ]),
    });
  });
});

describe("a folder of somebody else", () => {
  test("is refused, and says whose it is", async () => {
    const other = { ...IDENTITY, cluster: "others" };
    await expect(openLog(folder.machine.clone().run(), other)).rejects.toMatchObject({
      code: "DATA_MISMATCH",
      message: expect.stringContaining('member 1 of cluster "tests"'),
    });
  });
});
