import { expect, test } from "vitest";
import { Chance } from "../../test/storage/support/chance.ts";
import { SimulatedMachine } from "../../test/storage/support/simulated-machine.ts";
import { bundleHash } from "../bundle/packed-bundle.ts";
import { BundleFolder } from "./bundle-folder.ts";

const HOUR_MS = 3_600_000;
const BUNDLE = Buffer.from("export default {};".repeat(1000));
const HASH = bundleHash(BUNDLE);

async function folderWithBundle(seed = 1) {
  const machine = new SimulatedMachine(new Chance(seed));
  const bundles = await BundleFolder.open(machine.run());
  await bundles.add(HASH, BUNDLE);
  return { machine, bundles };
}

test("a bundle that was taken in survives a loss of power", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { machine } = await folderWithBundle(seed);
    machine.losePower();
    const bundles = await BundleFolder.open(machine.run());
    expect(bundles.has(HASH)).toBe(true);
    expect(await bundles.read(HASH)).toEqual(new Uint8Array(BUNDLE));
  }
});

test("after a sync that failed it is there as a whole, or not at all", async () => {
  const machine = new SimulatedMachine(new Chance(1));
  for (let call = 1; ; call++) {
    const disk = machine.run({ call, kind: "failed-sync" });
    const bundles = await BundleFolder.open(disk);
    const added = await bundles.add(HASH, BUNDLE).then(
      () => true,
      () => false,
    );
    if (added) break;
    machine.losePower();
    const next = await BundleFolder.open(machine.run());
    if (next.has(HASH)) expect(await next.read(HASH)).toEqual(new Uint8Array(BUNDLE));
  }
});

test("two that bring the same at once both find it there", async () => {
  const machine = new SimulatedMachine(new Chance(1));
  const bundles = await BundleFolder.open(machine.run());
  await Promise.all([bundles.add(HASH, BUNDLE), bundles.add(HASH, BUNDLE)]);
  expect(await bundles.read(HASH)).toEqual(new Uint8Array(BUNDLE));
});

test("bytes of another name are refused, and a file that has rotted is none", async () => {
  const { machine, bundles } = await folderWithBundle();
  await expect(bundles.add("ab".repeat(32), BUNDLE)).rejects.toThrow(/has the hash/);
  const file = await machine.run().open(`bundle-${HASH}`, "write");
  await file.write(Buffer.from("#"), 5000);
  await file.close();
  await expect(bundles.read(HASH)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(bundles.has(HASH)).toBe(false);
  await bundles.add(HASH, BUNDLE);
  expect(await bundles.read(HASH)).toEqual(new Uint8Array(BUNDLE));
});

test("one that no job has needed for a day goes, and no other", async () => {
  const { bundles } = await folderWithBundle();
  await bundles.sweep(new Set(), 0);
  await bundles.sweep(new Set([HASH]), 20 * HOUR_MS);
  for (const hours of [40, 60]) await bundles.sweep(new Set(), hours * HOUR_MS);
  expect(bundles.has(HASH)).toBe(true);
  await bundles.sweep(new Set(), 65 * HOUR_MS);
  expect(bundles.has(HASH)).toBe(false);
});
