import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyRecords,
  type Encoded,
  encoded,
  ListSource,
  shown,
  sorted,
} from "../../test/support/shuffle-model.ts";
import { GroupedSource } from "./group.ts";

/** Reads at most `limit` records of the current group. */
function readGroup(groups: GroupedSource, limit = Number.POSITIVE_INFINITY): Encoded[] {
  const records: Encoded[] = [];
  while (records.length < limit && groups.next()) {
    const { recordKeyBytes, recordKeyStart, recordKeyEnd } = groups;
    const { valueBytes, valueStart, valueEnd } = groups;
    records.push({
      key: Buffer.from(recordKeyBytes.subarray(recordKeyStart, recordKeyEnd)),
      value: Buffer.from(valueBytes.subarray(valueStart, valueEnd)),
    });
  }
  return records;
}

function keyOf({ keyBytes, keyStart, keyEnd }: GroupedSource): string {
  return keyBytes.toString("latin1", keyStart, keyEnd);
}

describe("a grouped source", () => {
  it("gives the records of each key together, and skips those that are not read", () => {
    fc.assert(
      fc.property(anyRecords, fc.array(fc.nat(3)), (unsorted, limits) => {
        const records = sorted(unsorted);
        const keys = [...new Set(records.map(({ key }) => key.toString("latin1")))];
        const groups = new GroupedSource(new ListSource(records));
        for (const [i, key] of keys.entries()) {
          expect(groups.nextGroup()).toBe(true);
          expect(keyOf(groups)).toBe(key);
          const limit = limits[i] ?? Number.POSITIVE_INFINITY;
          const expected = records.filter((record) => record.key.toString("latin1") === key);
          expect(shown(readGroup(groups, limit))).toEqual(shown(expected.slice(0, limit)));
          // The key stays while the source has moved on.
          expect(keyOf(groups)).toBe(key);
        }
        expect(groups.nextGroup()).toBe(false);
        expect(groups.nextGroup()).toBe(false);
        expect(groups.next()).toBe(false);
        expect(groups.records).toBe(records.length);
      }),
      { numRuns: 200 },
    );
  });

  it("groups by a part of the key, and shows each record's own", () => {
    const records = ["a|1", "a|2", "b|0", "b|9", "bb|1"].map((key) => encoded(key, "v"));
    const groups = new GroupedSource(new ListSource(records), (bytes, start) => {
      return bytes.indexOf("|", start);
    });
    const seen: [string, string[]][] = [];
    while (groups.nextGroup()) seen.push([keyOf(groups), shown(readGroup(groups))]);
    expect(seen).toEqual([
      ["a|1", ["a|1=v", "a|2=v"]],
      ["b|0", ["b|0=v", "b|9=v"]],
      ["bb|1", ["bb|1=v"]],
    ]);
  });

  it("has no record before the first group", () => {
    const groups = new GroupedSource(new ListSource([encoded("a", "1")]));
    expect(groups.next()).toBe(false);
    expect(groups.nextGroup()).toBe(true);
    expect(shown(readGroup(groups))).toEqual(["a=1"]);
  });
});
