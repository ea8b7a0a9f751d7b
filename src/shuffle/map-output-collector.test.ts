import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyKey,
  anyRecords,
  type Encoded,
  encoded,
  readAll,
  shown,
  sorted,
  temporaryFolder,
} from "../../test/support/shuffle-model.ts";
import { SheafError } from "../base/error.ts";
import type { CombineOption, NumberCombineOption } from "./combine-option.ts";
import { hashPartitionOf } from "./hash-partition.ts";
import type { MapOutput } from "./map-output.ts";
import { MapOutputCollector, type MapOutputCollectorOptions } from "./map-output-collector.ts";
import { type PartitionOf, rangePartitionOf } from "./range-partition.ts";
import { RunReader } from "./run-reader.ts";

const directory = temporaryFolder();
const fileName = "map-3.0";

const AMPLE = 1 << 22;
const TINY = 6000;

function collectorOf(options: Partial<MapOutputCollectorOptions>): MapOutputCollector {
  return new MapOutputCollector({
    partitions: 1,
    memoryBytes: AMPLE,
    directory,
    fileName,
    ...options,
  });
}

/** Lists of records that are not all empty. */
function someRecords(): fc.Arbitrary<Encoded[][]> {
  const lists = fc.array(anyRecords, { minLength: 1, maxLength: 8 });
  return lists.filter((each) => each.flat().length > 0);
}

function collect(collector: MapOutputCollector, { key, value }: Encoded): void {
  collector.collect(key, 0, key.length, value, 0, value.length);
}

function collectNumber(collector: MapOutputCollector, key: Buffer, amount: number): void {
  collector.collectNumber(key, 0, key.length, amount);
}

function read(output: MapOutput): Encoded[][] {
  return output.regions.map((region) => {
    const reader = new RunReader(output.path, region);
    const records = readAll(reader);
    reader.close();
    return records;
  });
}

function byPartition(
  records: readonly Encoded[],
  partitions: number,
  partitionOf: PartitionOf,
): Encoded[][] {
  return Array.from({ length: partitions }, (_, partition) => {
    return sorted(records.filter(({ key }) => partitionOf(key, 0, key.length) === partition));
  });
}

/** Numbers travel as text here. */
function numberOption(fold: NumberCombineOption["fold"]): NumberCombineOption {
  return {
    kind: "number",
    fold,
    writeValue: (writer, value) => writer.writeText(String(value)),
    readValue: (bytes, start, end) => Number(bytes.toString("latin1", start, end)),
  };
}

/** Joins the values of a key with commas: associative, and shows their order. */
const JOIN = {
  kind: "group",
  combine: (_key, _start, _end, values, emit) => {
    const parts: string[] = [];
    while (values.next()) {
      parts.push(values.valueBytes.toString("latin1", values.valueStart, values.valueEnd));
    }
    const joined = Buffer.from(parts.join(","), "latin1");
    emit(joined, 0, joined.length);
  },
} satisfies CombineOption;

const filesLeft = () => readdirSync(directory).sort();

const partitioners: Record<string, (partitions: number) => PartitionOf | undefined> = {
  "the hash of the key": () => undefined,
  "a function of the key": (partitions) => (_bytes, start, end) => (end - start) % partitions,
  "ranges of keys": (partitions) => {
    const boundary = (i: number) => Buffer.from([Math.floor(((i + 1) * 256) / partitions)]);
    return rangePartitionOf(Array.from({ length: partitions - 1 }, (_, i) => boundary(i)));
  },
};

describe("a map output collector", () => {
  it("of which nothing was asked has R empty regions, and makes no file", () => {
    for (const options of [{}, { combine: numberOption("sum") }]) {
      const collector = collectorOf({ partitions: 3, ...options });
      const { regions } = collector.finish();
      expect(regions.map(({ lengthBytes, records }) => [lengthBytes, records])).toEqual(
        Array(3).fill([0, 0]),
      );
      expect(collector.materializedBytes).toBe(0);
      expect(filesLeft()).toEqual([]);
    }
  });

  for (const [name, partitioner] of Object.entries(partitioners)) {
    it(`puts out every record, sorted, partitioned by ${name}, whatever its memory`, () => {
      fc.assert(
        fc.property(someRecords(), fc.integer({ min: 1, max: 50 }), (lists, partitions) => {
          const records = lists.flat();
          const partitionOf = partitioner(partitions);
          const files = [TINY, AMPLE].map((memoryBytes) => {
            const collector = collectorOf({ partitions, memoryBytes, partitionOf });
            for (const record of records) collect(collector, record);
            const output = collector.finish();
            expect(filesLeft()).toEqual([fileName]);
            expect(collector.outputRecords).toBe(records.length);
            expect(read(output).map(shown)).toEqual(
              byPartition(records, partitions, partitionOf ?? hashPartitionOf(partitions)).map(
                shown,
              ),
            );
            return readFileSync(output.path, "latin1");
          });
          expect(files[0]).toBe(files[1]);
        }),
        { numRuns: 40 },
      );
    });
  }

  it("combines groups so that no value is lost and their order stays, whatever its memory", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "cc", ""), fc.nat(99)), {
          minLength: 1,
          maxLength: 900,
        }),
        fc.integer({ min: 1, max: 5 }),
        (pairs, partitions) => {
          const records = pairs.map(([key, number]) => encoded(key, String(number)));
          for (const memoryBytes of [TINY, AMPLE]) {
            const collector = collectorOf({ partitions, memoryBytes, combine: JOIN });
            for (const record of records) collect(collector, record);
            const joined = read(collector.finish()).flatMap(shown).sort();
            const expected = ["", "a", "b", "cc"].flatMap((key) => {
              const values = pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
              return values.length === 0 ? [] : [`${key}=${values.join(",")}`];
            });
            expect(joined).toEqual(expected);
            expect(filesLeft()).toEqual([fileName]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  const folds: Record<string, NumberCombineOption["fold"]> = {
    sum: "sum",
    min: "min",
    max: "max",
    "a function": (a, b) => Math.max(a, b) * 1,
  };
  for (const [name, fold] of Object.entries(folds)) {
    it(`folds numbers by ${name}, the same whatever its memory`, () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(anyKey, fc.integer({ min: -99, max: 99 })), {
            minLength: 1,
            maxLength: 900,
          }),
          fc.integer({ min: 1, max: 50 }),
          fc.constantFrom(...Object.values(partitioners)),
          (amounts, partitions, partitioner) => {
            const partitionOf = partitioner(partitions);
            const files = [TINY, AMPLE].map((memoryBytes) => {
              const combine = numberOption(fold);
              const collector = collectorOf({ partitions, memoryBytes, combine, partitionOf });
              for (const [key, amount] of amounts) collectNumber(collector, key, amount);
              const output = collector.finish();
              expect(collector.outputRecords).toBe(amounts.length);
              expect(filesLeft()).toEqual([fileName]);
              return { path: output.path, regions: output.regions, bytes: read(output).map(shown) };
            });
            const totals = new Map<string, number>();
            for (const [bytes, amount] of amounts) {
              const key = bytes.toString("latin1");
              const before = totals.get(key);
              const [a, b] = [before ?? amount, amount];
              const folded =
                fold === "sum" ? a + b : fold === "min" ? Math.min(a, b) : Math.max(a, b);
              totals.set(key, before === undefined ? amount : folded);
            }
            const records = [...totals].map(([key, total]) => ({
              key: Buffer.from(key, "latin1"),
              value: Buffer.from(String(total)),
            }));
            const expected = byPartition(
              records,
              partitions,
              partitionOf ?? hashPartitionOf(partitions),
            );
            for (const { bytes } of files) expect(bytes).toEqual(expected.map(shown));
            expect(files[0]!.regions).toEqual(files[1]!.regions);
          },
        ),
        { numRuns: 15 },
      );
    });
  }

  it("spills often and merges in several passes when memory is scarce", () => {
    const records = Array.from({ length: 3000 }, (_, i) => encoded(String((i * 7) % 1000), `${i}`));
    const spills: number[] = [];
    const collector = collectorOf({
      partitions: 3,
      memoryBytes: TINY,
      onSpill: (count) => spills.push(count),
    });
    for (const record of records) collect(collector, record);
    expect(filesLeft().length).toBeGreaterThan(10);
    expect(filesLeft().every((name) => name.startsWith(fileName))).toBe(true);
    const output = collector.finish();
    expect(read(output).map(shown)).toEqual(byPartition(records, 3, hashPartitionOf(3)).map(shown));
    expect(filesLeft()).toEqual([fileName]);
    expect(collector.spills).toBeGreaterThan(10);
    expect(spills).toEqual(Array.from({ length: collector.spills }, (_, i) => i + 1));
    // Spills, the map output, and several intermediate merges of all that was spilled.
    expect(collector.spilledRecords).toBeGreaterThan(4 * records.length);
  });

  it("removes runs as soon as they are merged", () => {
    let filesMax = 0;
    const combine: CombineOption = {
      kind: "group",
      combine: (...group) => {
        filesMax = Math.max(filesMax, filesLeft().length);
        JOIN.combine(...group);
      },
    };
    const collector = collectorOf({ memoryBytes: TINY, combine });
    for (let i = 0; i < 4000; i++) collect(collector, encoded(`key ${i}`, "v"));
    collector.finish();
    expect(collector.spills).toBeGreaterThan(10);
    // All spills, the map output, and the merge that is being written.
    expect(filesMax).toBe(collector.spills + 2);
  });

  it("gives up folding numbers in a table where nearly all keys are distinct", () => {
    const numbers = collectorOf({ memoryBytes: AMPLE / 8, combine: numberOption("sum") });
    const records = collectorOf({ memoryBytes: AMPLE / 8, fileName: "other" });
    for (let i = 0; i < 200_000; i++) {
      const key = Buffer.from(`key ${i}`);
      collectNumber(numbers, key, 1);
      collect(records, { key, value: key.subarray(0, 1) });
    }
    expect(numbers.spills).toBeLessThanOrEqual(records.spills + 1);
    expect(read(numbers.finish())[0]!.length).toBe(200_000);
    records.discard();
  });

  it("writes every record once when nothing is spilled, and counts", () => {
    const collector = collectorOf({ partitions: 2 });
    for (const key of ["b", "a", "b"]) collect(collector, encoded(key, "12"));
    const output = collector.finish();
    expect(collector.outputRecords).toBe(3);
    expect(collector.outputBytes).toBe(9);
    expect(collector.spills).toBe(0);
    expect(collector.spilledRecords).toBe(3);
    expect(collector.combineInputRecords).toBe(0);
    expect(collector.materializedBytes).toBe(readFileSync(output.path).length);
  });

  it("counts what goes into combining and what comes out", () => {
    const numbers = collectorOf({ combine: numberOption("sum") });
    for (const key of ["b", "a", "b"]) collectNumber(numbers, Buffer.from(key), 2);
    expect(read(numbers.finish()).map(shown)).toEqual([["a=2", "b=4"]]);
    expect(numbers.combineInputRecords).toBe(3);
    expect(numbers.combineOutputRecords).toBe(2);
    expect(numbers.outputBytes).toBe(3 + 3 * 8);
    const groups = collectorOf({ combine: JOIN });
    for (const key of ["b", "a", "b"]) collect(groups, encoded(key, "1"));
    expect(read(groups.finish()).map(shown)).toEqual([["a=1", "b=1,1"]]);
    expect(groups.combineInputRecords).toBe(3);
    expect(groups.combineOutputRecords).toBe(2);
  });

  it("puts out R empty regions when it was given nothing", () => {
    const output = collectorOf({ partitions: 3 }).finish();
    expect(output.regions.map(({ lengthBytes }) => lengthBytes)).toEqual([0, 0, 0]);
    expect(existsSync(output.path)).toBe(true);
  });

  it("refuses a record larger than a quarter of the memory, and says how to give it more", () => {
    const value = Buffer.alloc(TINY / 4);
    const fitting = { key: Buffer.alloc(0), value };
    const collector = collectorOf({ memoryBytes: TINY });
    for (let i = 0; i < 10; i++) collect(collector, fitting);
    const tooLarge = { key: Buffer.from("k"), value };
    expect(() => collect(collector, tooLarge)).toThrow(SheafError);
    expect(() => collect(collector, tooLarge)).toThrow(
      /1.5 KB \(1,501 bytes\): .* 1.5 KB \(1,500 bytes\) at most.*--memory/,
    );
    expect(read(collector.finish())[0]!.length).toBe(10);
    const numbers = collectorOf({ memoryBytes: TINY, combine: numberOption("sum") });
    for (let i = 0; i < 10; i++) collectNumber(numbers, Buffer.alloc(TINY / 4, i), 1);
    expect(() => collectNumber(numbers, Buffer.alloc(TINY / 4 + 1), 1)).toThrow(/--memory/);
    expect(read(numbers.finish())[0]!.length).toBe(10);
  });

  it("leaves no file when it is discarded, before its end, after a failure, or afterwards", () => {
    const collector = collectorOf({ memoryBytes: TINY });
    for (let i = 0; i < 2000; i++) collect(collector, encoded(String(i), "v"));
    expect(filesLeft().length).toBeGreaterThan(2);
    collector.discard();
    expect(filesLeft()).toEqual([]);
    const finished = collectorOf({});
    finished.finish();
    finished.discard();
    expect(filesLeft()).toEqual([]);
  });

  it.runIf(existsSync("/dev/full"))("says when the disk is full, and then cleans up", () => {
    symlinkSync("/dev/full", join(directory, `${fileName}.spill-0`));
    const collector = collectorOf({ memoryBytes: TINY });
    const fill = () => {
      for (let i = 0; i < 2000; i++) collect(collector, encoded(String(i), "v"));
    };
    expect(fill).toThrow(/Cannot write .*map-3\.0\.spill-0: no space is left/);
    collector.discard();
    expect(filesLeft()).toEqual([]);
  });

  it("passes on what a combiner throws, and then cleans up", () => {
    const combine: CombineOption = {
      kind: "group",
      combine: () => {
        throw new TypeError("the job's own");
      },
    };
    const collector = collectorOf({ combine });
    collect(collector, encoded("a", "1"));
    expect(() => collector.finish()).toThrow("the job's own");
    collector.discard();
    expect(filesLeft()).toEqual([]);
  });

  it("gives two attempts of one thread memory of their own", () => {
    const other = join(directory, "other");
    mkdirSync(other);
    const a = collectorOf({});
    const b = collectorOf({ directory: other });
    collect(a, encoded("a", "1"));
    collect(b, encoded("b", "2"));
    expect(read(a.finish()).map(shown)).toEqual([["a=1"]]);
    expect(read(b.finish()).map(shown)).toEqual([["b=2"]]);
  });
});
