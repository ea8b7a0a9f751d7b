/**
 * One fault of the disk at a time, in a folder that was closed as it should be: bits that flip, sectors
 * that are lost, files that are gone. Each is either found or does no harm; none makes wrong data, and
 * none takes away what was acknowledged without a word.
 */

import { beforeAll, describe, expect, test } from "vitest";
import { SheafError } from "../../src/base/error.ts";
import { openLog } from "../../src/storage/opening/open-log.ts";
import type { Verdict } from "../../src/storage/survey/verdict.ts";
import { expectFull, type FullFolder, fullFolder } from "./support/full-folder.ts";
import { IDENTITY, SMALL_LIMITS } from "./support/log-scenario.ts";
import { SECTOR_BYTES } from "./support/simulated-file.ts";
import type { SimulatedMachine } from "./support/simulated-machine.ts";

/** Bits that are left out between two; 1 tries a bit of every byte that says something. */
const STRIDE = Number(process.env.STRIDE ?? 4);

let folder: FullFolder;
let machine: SimulatedMachine;

beforeAll(async () => {
  folder = await fullFolder();
  ({ machine } = folder);
});

/** Opens a copy of the folder with a fault; says whether the fault was found. */
async function isFound(spoil: (copy: SimulatedMachine) => void): Promise<boolean> {
  const copy = machine.clone();
  spoil(copy);
  try {
    const { verdict, log } = await openLog(copy.run(), IDENTITY, SMALL_LIMITS);
    expect(verdict.kind).not.toBe("new");
    if (log === undefined) return true;
    await expectFull(log, folder);
    return verdict.kind === "intact" && verdict.covered.length > 0;
  } catch (error) {
    if (error instanceof SheafError) return true;
    throw error;
  }
}

async function verdictAfter(spoil: (copy: SimulatedMachine) => void): Promise<Verdict> {
  const copy = machine.clone();
  spoil(copy);
  return (await openLog(copy.run(), IDENTITY, SMALL_LIMITS)).verdict;
}

const namesOf = (): string[] => [...machine.files.keys()];

describe("a folder with one fault", () => {
  test("is read as it was, while it has none", async () => {
    expect(await isFound(() => {})).toBe(false);
    expect(namesOf().sort()).toEqual([
      "incoming-000000000000040-000000000000003",
      "mark",
      "segment-000000000001",
      "segment-000000000002",
      "snapshot-000000000000004-000000000000001",
      "snapshot-000000000000016-000000000000001",
      "vote",
    ]);
  });

  test("never gives wrong data for a bit that has flipped, wherever it is", async () => {
    const found = new Map<string, number>();
    let bits = 0;
    for (const [name, { bytes }] of machine.files) {
      for (let offset = 0; offset < bytes.length; offset++) {
        // Zeros that nothing was ever written to are many, and much alike.
        if (bytes[offset] === 0 && offset % 32 > 0) continue;
        if (bits++ % STRIDE > 0) continue;
        const mask = 1 << (bits % 8);
        const wasFound = await isFound((copy) => copy.files.get(name)!.rot(offset, mask));
        found.set(name, (found.get(name) ?? 0) + Number(wasFound));
      }
    }
    // A transfer goes on with as much as is sound, and says nothing.
    found.delete("incoming-000000000000040-000000000000003");
    expect(Math.min(...found.values())).toBeGreaterThan(0);
  });

  test("never gives wrong data for a sector that holds zeros, or that cannot be read", async () => {
    for (const [name, { sizeBytes }] of machine.files) {
      for (let sector = 0; sector * SECTOR_BYTES < sizeBytes; sector++) {
        await isFound((copy) => copy.files.get(name)!.clearSector(sector));
        await isFound((copy) => copy.files.get(name)!.loseSector(sector));
      }
    }
  });

  test("never gives wrong data for a file that ends too early", async () => {
    for (const [name, { sizeBytes }] of machine.files) {
      for (let size = 0; size < sizeBytes; size += 61) {
        await isFound((copy) => copy.files.get(name)!.truncate(size));
      }
    }
  });

  test("is found to be damaged when a file is gone that holds what was acknowledged", async () => {
    const needed = namesOf().filter((name) => /^(segment|vote)/.test(name));
    expect(needed).toHaveLength(3);
    for (const name of namesOf()) {
      const wasFound = await isFound((copy) => copy.lose(name));
      if (needed.includes(name)) expect(wasFound, name).toBe(true);
    }
  });

  test("is not damaged by what a snapshot or another copy stands in for", async () => {
    const first = await verdictAfter((copy) => copy.files.get("segment-000000000001")!.rot(500, 1));
    expect(first).toMatchObject({ kind: "intact", covered: [{ file: "segment-000000000001" }] });
    const vote = await verdictAfter((copy) => copy.files.get("vote")!.rot(5, 1));
    expect(vote).toMatchObject({ kind: "intact", covered: [{ file: "vote" }] });
    const mark = await verdictAfter((copy) => copy.files.get("mark")!.rot(5, 1));
    expect(mark).toMatchObject({ kind: "intact", covered: [{ file: "mark" }] });
  });
});
