import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyKey, readAll } from "../../test/support/shuffle-model.ts";
import { viewOf } from "../base/byte-views.ts";
import type { ByteWriter } from "../base/bytes.ts";
import { hashBytes } from "../base/hash.ts";
import { hashOfLong } from "../base/key-hash.ts";
import { foldFunction, type NumberFold } from "./combine-option.ts";
import { HashCombiner } from "./hash-combiner.ts";
import { hashPartitionOf } from "./hash-partition.ts";
import { SlotMemory } from "./slot-memory.ts";

function writeValue(writer: ByteWriter, value: number): void {
  writer.writeText(String(value));
}

function combinerOf(bytes: number, partitions = 1, fold: NumberFold = "sum"): HashCombiner {
  return new HashCombiner(new SlotMemory(bytes), partitions, { fold, writeValue });
}

function add(combiner: HashCombiner, key: Buffer, amount: number): boolean {
  return combiner.add(key, 0, key.length, amount);
}

function entriesOf(combiner: HashCombiner, partition: number): [string, number][] {
  return readAll(combiner.source(partition)).map(({ key, value }) => [
    key.toString("latin1"),
    Number(value.toString()),
  ]);
}

/** The same by the book: folded in a Map, sorted by bytes. */
function expectedEntries(
  amounts: readonly (readonly [Buffer, number])[],
  fold: NumberFold,
): [string, number][] {
  const of = foldFunction(fold);
  const map = new Map<string, number>();
  for (const [bytes, amount] of amounts) {
    const key = bytes.toString("latin1");
    const before = map.get(key);
    map.set(key, before === undefined ? amount : of(before, amount));
  }
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

const partitionOf = (key: string, partitions: number) => {
  return (hashBytes(Buffer.from(key, "latin1"), 0, key.length) >>> 0) % partitions;
};

describe("a hash combiner", () => {
  const folds: NumberFold[] = ["sum", "min", "max", (a, b) => a * 2 + b];

  it("folds the numbers of each key in order, and gives the keys out sorted", () => {
    const amounts = fc.array(fc.tuple(anyKey, fc.integer({ min: -1000, max: 1000 })), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(
        fc.array(amounts, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 50 }),
        fc.constantFrom(...folds),
        (fillings, partitions, fold) => {
          const combiner = combinerOf(1 << 18, partitions, fold);
          for (const filling of fillings) {
            combiner.clear();
            for (const [key, amount] of filling) add(combiner, key, amount);
            const expected = expectedEntries(filling, fold);
            expect(combiner.count).toBe(expected.length);
            combiner.sort(hashPartitionOf(partitions));
            for (let partition = 0; partition < partitions; partition++) {
              expect(entriesOf(combiner, partition)).toEqual(
                expected.filter(([key]) => partitionOf(key, partitions) === partition),
              );
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("takes many keys at once as it takes them one by one, up to the first that does not fit", () => {
    const keys = fc.array(fc.oneof(anyKey, fc.uint8Array({ maxLength: 9 }).map(Buffer.from)), {
      maxLength: 300,
    });
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom(...folds),
        // The smallest is full before the longest inputs end.
        fc.constantFrom(1 << 12, 1 << 18),
        (all, fold, memoryBytes) => {
          const bytes = Buffer.concat(all);
          const edges = new Int32Array(all.length * 2);
          let position = 0;
          for (const [i, key] of all.entries()) {
            edges[2 * i] = position;
            position += key.length;
            edges[2 * i + 1] = position;
          }
          const atOnce = combinerOf(memoryBytes, 1, fold);
          const oneByOne = combinerOf(memoryBytes, 1, fold);
          for (const amount of [1, 5]) {
            const taken = atOnce.addAll(bytes, edges, 0, edges.length, amount) / 2;
            const fitting = all.findIndex((key) => !add(oneByOne, key, amount));
            expect(taken).toBe(fitting === -1 ? all.length : fitting);
            expect(atOnce.addedKeyBytes).toBe(Buffer.concat(all.slice(0, taken)).length);
          }
          atOnce.sort(hashPartitionOf(1));
          oneByOne.sort(hashPartitionOf(1));
          expect(entriesOf(atOnce, 0)).toEqual(entriesOf(oneByOne, 0));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps keys apart whose hashes are equal, also when the table grows", () => {
    const combiner = combinerOf(1 << 20);
    const amounts: [Buffer, number][] = [];
    // Few places for all in a table of any size, at both of its ends: every probe is long and wraps.
    const keys: Buffer[] = [];
    for (let i = 0; keys.length < 1500; i++) {
      const key = Buffer.from(`the key ${i}`);
      const place = hashOfLong(viewOf(key), 0, key.length) & 0xffff;
      if (place < 400 || place >= 0x10000 - 400) keys.push(key);
    }
    // Downwards: a key then often comes after one that it is the beginning of.
    for (let i = 3000; i > 0; i--) amounts.push([keys[i % 1500]!, i]);
    for (const [key, amount] of amounts) expect(add(combiner, key, amount)).toBe(true);
    combiner.sort(() => 0);
    expect(entriesOf(combiner, 0)).toEqual(expectedEntries(amounts, "sum"));
  });

  it("grows from small to many keys without losing a number", () => {
    const combiner = combinerOf(1 << 23, 3);
    const amounts: [Buffer, number][] = [];
    for (let i = 0; i < 100_000; i++) amounts.push([Buffer.from(String((i * 7919) % 60_000)), i]);
    for (const [key, amount] of amounts) add(combiner, key, amount);
    combiner.sort(hashPartitionOf(3));
    const entries = [0, 1, 2].flatMap((partition) => entriesOf(combiner, partition));
    const text = (pairs: [string, number][]) => pairs.map(String).sort().join(" ");
    expect(text(entries)).toBe(text(expectedEntries(amounts, "sum")));
  });

  it("refuses a key that does not fit, changes nothing by it, and still folds the ones it has", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 512, max: 8000 }),
        fc.infiniteStream(anyKey),
        fc.boolean(),
        (bytes, keys, again) => {
          const combiner = combinerOf(bytes);
          if (again) {
            while (add(combiner, keys.next().value as Buffer, 1));
            combiner.clear();
          }
          const taken: [Buffer, number][] = [];
          for (let unique = 0; ; unique++) {
            const key = Buffer.concat([keys.next().value as Buffer, Buffer.from(String(unique))]);
            if (!add(combiner, key, unique)) break;
            taken.push([key, unique]);
          }
          for (const [key] of [...taken]) {
            expect(add(combiner, key, 5)).toBe(true);
            taken.push([key, 5]);
          }
          combiner.sort(() => 0);
          expect(entriesOf(combiner, 0)).toEqual(expectedEntries(taken, "sum"));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("has room for a large key however many small ones it held before", () => {
    const bytes = 82_000;
    const combiner = combinerOf(bytes);
    let count = 0;
    while (add(combiner, Buffer.from([count >> 8, count & 255]), 1)) count++;
    // So many that the table has grown to 4096 slots, which are four fifths of the memory.
    expect(count).toBeGreaterThan(2048 * 0.6);
    combiner.clear();
    expect(add(combiner, Buffer.alloc((bytes * 2) / 7), 1)).toBe(true);
  });

  it("partitions by a function of the key when it is given one", () => {
    const combiner = combinerOf(1 << 16, 2);
    for (const key of ["b", "a", "c", "b"]) add(combiner, Buffer.from(key), 1);
    combiner.sort((bytes, start) => (bytes[start] === 0x62 ? 1 : 0));
    expect(entriesOf(combiner, 0)).toEqual([
      ["a", 1],
      ["c", 1],
    ]);
    expect(entriesOf(combiner, 1)).toEqual([["b", 2]]);
  });
});
