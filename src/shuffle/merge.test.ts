import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyKey,
  anyRecords,
  type Encoded,
  encoded,
  ListSource,
  readAll,
  shown,
  sorted,
  temporaryFolder,
} from "../../test/support/shuffle-model.ts";
import { compareBehindHead, keyHead } from "./key-head.ts";
import { mergeSources } from "./merge.ts";
import { RunReader } from "./run-reader.ts";
import { RunWriter } from "./run-writer.ts";

const folder = temporaryFolder();

/** Writes records to a run of blocks of `blockBytes` and opens it. */
function runOf(records: readonly Encoded[], name: string, blockBytes: number): RunReader {
  const writer = new RunWriter(`${folder}/${name}`, blockBytes);
  for (const { key, value } of records) writer.write(key, 0, key.length, value, 0, value.length);
  const region = writer.endRegion();
  return new RunReader(writer.finish().path, region);
}

describe("merging sources", () => {
  it("gives all records by key, those of a key in the order of sources and then their own", () => {
    fc.assert(
      fc.property(fc.array(anyRecords, { maxLength: 20 }), fc.boolean(), (lists, asRuns) => {
        const runs = lists.map(sorted);
        const sources = runs.map((run, i) => {
          return asRuns ? runOf(run, `run-${i}`, 100) : new ListSource(run);
        });
        const merged = mergeSources(sources);
        expect(shown(readAll(merged))).toEqual(shown(sorted(runs.flat())));
        expect(merged.next()).toBe(false);
        merged.close();
      }),
      { numRuns: 60 },
    );
  });

  it("is nothing for no sources, and the source itself for one", () => {
    expect(readAll(mergeSources([]))).toEqual([]);
    const only = new ListSource([encoded("a", "1")]);
    expect(mergeSources([only])).toBe(only);
  });

  it("closes its sources", () => {
    const sources = [new ListSource([]), new ListSource([])];
    mergeSources(sources).close();
    expect(sources.map(({ closed }) => closed)).toEqual([true, true]);
  });
});

describe("the head of a key", () => {
  it("orders keys, together with what lies behind it", () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        const heads = keyHead(a, 0, a.length) - keyHead(b, 0, b.length);
        const order = heads || compareBehindHead(a, 0, a.length, b, 0, b.length);
        expect(Math.sign(order)).toBe(Buffer.compare(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it("is exact for the greatest bytes", () => {
    const key = Buffer.alloc(8, 255);
    expect(keyHead(key, 0, 8)).toBe(2 ** 51 - 8 + 7);
    expect(keyHead(key, 0, 6)).toBe(2 ** 51 - 8 + 6);
  });
});
