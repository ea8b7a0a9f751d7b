import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyRecords, sorted, temporaryFolder } from "../../../test/support/shuffle-model.ts";
import { RunWriter } from "../../shuffle/run-writer.ts";
import { BlockCheck } from "./block-check.ts";

const path = join(temporaryFolder(), "run");

/** A region of some records as it lies in a file, and its largest block. */
const region = fc.tuple(anyRecords, fc.constantFrom(1, 16, 200, 65_536)).map(([records, block]) => {
  const writer = new RunWriter(path, block);
  for (const { key, value } of sorted(records)) {
    writer.write(key, 0, key.length, value, 0, value.length);
  }
  const { blockBytesMax } = writer.endRegion();
  writer.finish();
  return { bytes: readFileSync(path), blockBytesMax };
});

/** Where a region is cut into the pieces in which it arrives. */
const cuts = fc.array(fc.nat(2000), { maxLength: 8 });

function pieces(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...at.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.map((end, i) => bytes.subarray(places[i - 1] ?? 0, end));
}

function check(bytes: Buffer, blockBytesMax: number, at: readonly number[]) {
  const it = new BlockCheck(blockBytesMax);
  for (const piece of pieces(bytes, at)) {
    const damage = it.add(piece);
    if (damage !== undefined) return damage;
  }
  return it.isWhole;
}

function blockEnds(bytes: Buffer): Set<number> {
  const ends = new Set([0]);
  for (let at = 0; at < bytes.length; ) {
    at += 8 + bytes.readUInt32LE(at);
    ends.add(at);
  }
  return ends;
}

describe("a check of blocks", () => {
  test("takes every region, in whatever pieces it comes", () => {
    fc.assert(
      fc.property(region, cuts, ({ bytes, blockBytesMax }, at) => {
        expect(check(bytes, blockBytesMax, at)).toBe(true);
      }),
    );
  });

  test("finds any byte that is not as it was", () => {
    fc.assert(
      fc.property(
        region,
        cuts,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (it, at, place, flip) => {
          fc.pre(it.bytes.length > 0);
          const bytes = Buffer.from(it.bytes);
          bytes[place % bytes.length]! ^= flip;
          expect(check(bytes, it.blockBytesMax, at)).not.toBe(true);
        },
      ),
    );
  });

  test("tells an end of a block from any other place", () => {
    fc.assert(
      fc.property(region, cuts, fc.nat(), ({ bytes, blockBytesMax }, at, place) => {
        const length = place % (bytes.length + 1);
        const cut = bytes.subarray(0, length);
        expect(check(cut, blockBytesMax, at)).toBe(blockEnds(bytes).has(length));
      }),
    );
  });

  test("refuses a block that would not fit the memory set aside for it", () => {
    const header = Buffer.alloc(8);
    header.writeUInt32LE(1000);
    expect(new BlockCheck(1008).add(header)).toBeUndefined();
    expect(new BlockCheck(1007).add(header)).toContain("impossible length (1000)");
    expect(new BlockCheck(1008).add(Buffer.alloc(8))).toContain("impossible length (0)");
  });
});
