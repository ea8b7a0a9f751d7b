import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyKey, anyValue, ListSource, temporaryFolder } from "../../test/support/shuffle-model.ts";
import { GroupCounter } from "./group-counter.ts";
import { mergeSources } from "./merge.ts";
import type { RecordSource } from "./record-source.ts";
import { RunReader, sharedRooms } from "./run-reader.ts";
import { RunWriter } from "./run-writer.ts";

describe("a group counter", () => {
  const folder = temporaryFolder();
  const records = fc
    .array(fc.record({ key: anyKey, value: anyValue }), { maxLength: 60 })
    .map((all) => all.sort((a, b) => Buffer.compare(a.key, b.key)));

  /** Where groups begin, by the book; keys are grouped by their first bytes. */
  function expected(keys: readonly Buffer[], groupBytes: number): boolean[] {
    const group = (key: Buffer): Buffer => key.subarray(0, groupBytes);
    return keys.map((key, i) => i === 0 || !group(keys[i - 1]!).equals(group(key)));
  }

  function counted(source: RecordSource, groupBytes: number): boolean[] {
    const counter = new GroupCounter(
      groupBytes === Infinity ? undefined : (_, start, end) => Math.min(end, start + groupBytes),
    );
    const begins: boolean[] = [];
    while (source.next()) begins.push(counter.note(source));
    expect(counter.groups).toBe(begins.filter(Boolean).length);
    return begins;
  }

  const groupBytes = fc.constantFrom(Infinity, 0, 1, 5);

  it("tells where a new key begins in a source that keeps nothing", () => {
    fc.assert(
      fc.property(records, groupBytes, (all, bytes) => {
        const keys = all.map(({ key }) => key);
        expect(counted(new ListSource(all), bytes)).toEqual(expected(keys, bytes));
      }),
    );
  });

  it("tells the same of runs that are merged, whatever the size of their blocks", () => {
    let runs = 0;
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 1, maxLength: 4 }),
        groupBytes,
        fc.integer({ min: 8, max: 400 }),
        (lists, bytes, blockBytes) => {
          const regions = lists.map((list) => {
            const run = new RunWriter(join(folder, `run-${runs++}`), blockBytes);
            for (const { key, value } of list) {
              run.write(key, 0, key.length, value, 0, value.length);
            }
            const region = run.endRegion();
            return { path: run.finish().path, region };
          });
          const rooms = sharedRooms(regions.map(({ region }) => region.blockBytesMax));
          const readers = regions.map(
            ({ path, region }, i) => new RunReader(path, region, rooms[i]),
          );
          try {
            const keys = lists.flat().map(({ key }) => key);
            keys.sort(Buffer.compare);
            expect(counted(mergeSources(readers), bytes)).toEqual(expected(keys, bytes));
          } finally {
            for (const reader of readers) reader.close();
          }
        },
      ),
    );
  });
});
