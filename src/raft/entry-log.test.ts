import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logIndex, term } from "../base/ids.ts";
import { EntryLog, emptyBase, entryBytes } from "./entry-log.ts";
import type { LogEntry } from "./log-entry.ts";
import { membershipOf } from "./membership.ts";

function entry(index: number, ofTerm: number, dataBytes = 1): LogEntry {
  const data = new Uint8Array(dataBytes);
  return { index: logIndex(index), term: term(ofTerm), kind: "command", data };
}

function logOf(...terms: readonly number[]): EntryLog {
  return new EntryLog(
    emptyBase(membershipOf([1])),
    terms.map((each, i) => entry(i + 1, each)),
  );
}

const indices = (entries: readonly LogEntry[]): readonly number[] =>
  entries.map(({ index }) => index);

describe("EntryLog", () => {
  it("knows the terms of its entries, and of the one before the first", () => {
    const log = logOf(1, 1, 2);
    expect([0, 1, 2, 3, 4].map((index) => log.termAt(logIndex(index)))).toEqual([
      0,
      1,
      1,
      2,
      undefined,
    ]);
    log.compactTo(logIndex(2));
    expect([1, 2, 3].map((index) => log.termAt(logIndex(index)))).toEqual([undefined, 1, 2]);
  });

  it("hands out entries in portions, and never none", () => {
    const log = logOf(1, 1, 1);
    const size = entryBytes(entry(1, 1));
    const from = (index: number, bytesMax: number): readonly number[] =>
      indices(log.entriesFrom(logIndex(index), logIndex(3), bytesMax));
    expect(from(1, 2 * size)).toEqual([1, 2]);
    expect(from(1, 1)).toEqual([1]);
    expect(from(2, 100 * size)).toEqual([2, 3]);
    expect(from(4, size)).toEqual([]);
  });

  it("finds the last entry with a term at most as high", () => {
    const log = logOf(1, 3, 3, 5, 5);
    const last = (ofTerm: number, index: number): number =>
      log.lastIndexWithTermAtMost(term(ofTerm), logIndex(index));
    expect([last(5, 5), last(4, 5), last(3, 2), last(2, 5), last(0, 5)]).toEqual([5, 3, 2, 1, 0]);
    log.compactTo(logIndex(2));
    expect([last(0, 5), last(3, 5), last(5, 1)]).toEqual([2, 3, 1]);
  });

  it("refuses entries that leave a gap, or whose terms fall", () => {
    expect(() => logOf(1).append([entry(3, 1)])).toThrow("entry 3 follows 1");
    expect(() => logOf(2).append([entry(2, 1)])).toThrow("terms do not fall at index 2");
    expect(() => logOf(2, 1)).toThrow("terms do not fall at index 2");
  });

  it("never truncates what is committed, and never compacts what is not durable", () => {
    expect(() => logOf(1, 1).truncateFrom(logIndex(1), logIndex(1))).toThrow("is not committed");
    const log = logOf(1);
    log.append([entry(2, 1)]);
    expect(() => log.compactTo(logIndex(2))).toThrow("entry 2 is durable");
  });

  it("ignores entries that its base stands for", () => {
    const meta = { index: logIndex(2), term: term(1), membership: membershipOf([1]) };
    const log = new EntryLog(meta, [entry(1, 1), entry(2, 1), entry(3, 2)]);
    expect(indices(log.entriesFrom(logIndex(3), logIndex(9), 1e6))).toEqual([3]);
  });
});

describe("EntryLog, batches", () => {
  it("are taken once, and are durable when that is said", () => {
    const log = logOf();
    log.append([entry(1, 1), entry(2, 1)]);
    expect(indices(log.takeBatch().entries)).toEqual([1, 2]);
    log.append([entry(3, 1)]);
    expect(log.durableIndex).toBe(0);
    log.batchDurable();
    expect(log.durableIndex).toBe(2);
    expect(indices(log.takeBatch().entries)).toEqual([3]);
  });

  it("say from where on the disk is void", () => {
    const log = logOf(1, 1, 1);
    log.truncateFrom(logIndex(2), logIndex(1));
    log.append([entry(2, 2)]);
    expect(log.takeBatch()).toMatchObject({ truncateFrom: 2, entries: [{ index: 2, term: 2 }] });
    log.append([entry(3, 2)]);
    expect(log.takeBatch().truncateFrom).toBeUndefined();
  });

  it("write again what was dropped and came back while it was being written", () => {
    const log = logOf(1);
    log.append([entry(2, 1), entry(3, 1)]);
    log.takeBatch();
    log.truncateFrom(logIndex(2), logIndex(1));
    log.append([entry(2, 2)]);
    log.truncateFrom(logIndex(2), logIndex(1));
    log.append([entry(2, 1)]);
    log.batchDurable();
    // The disk holds entry 2 of term 1, but also entry 3, and who knows in which order.
    expect(log.durableIndex).toBe(1);
    expect(log.takeBatch()).toMatchObject({ truncateFrom: 2, entries: [{ index: 2, term: 1 }] });
  });

  it("begin with a snapshot that took the place of the log", () => {
    const log = logOf(1, 1);
    log.append([entry(3, 1)]);
    log.takeBatch();
    const meta = { index: logIndex(9), term: term(2), membership: membershipOf([1]) };
    log.restore({ meta, sizeBytes: 1, checksum: 0 }, logIndex(1));
    log.append([entry(10, 2)]);
    log.batchDurable();
    // What was being written is not the log any more.
    expect(log.durableIndex).toBe(1);
    expect(log.takeBatch()).toMatchObject({
      snapshot: { meta },
      truncateFrom: undefined,
      entries: [{ index: 10 }],
    });
    log.batchDurable();
    expect(log.durableIndex).toBe(10);
  });

  it("make the disk equal to the log, whatever is appended, truncated and written when", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ kind: fc.constant("truncate" as const), back: fc.integer({ min: 1, max: 4 }) }),
      fc.constant({ kind: "take" as const }),
      fc.constant({ kind: "durable" as const }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log = logOf();
        const disk: LogEntry[] = [];
        let currentTerm = 1;
        let taken: ReturnType<EntryLog["takeBatch"]> | undefined;
        for (const each of steps) {
          if (each.kind === "append") {
            for (let i = 0; i < each.count; i++) {
              log.append([entry(log.lastIndex + 1, currentTerm)]);
            }
          } else if (each.kind === "truncate" && log.lastIndex > 0) {
            const from = Math.max(log.lastIndex + 1 - each.back, 1);
            log.truncateFrom(logIndex(from), logIndex(0));
            currentTerm++;
            log.append([entry(from, currentTerm)]);
          } else if (each.kind === "take") {
            taken ??= log.takeBatch();
          } else if (each.kind === "durable" && taken !== undefined) {
            if (taken.truncateFrom !== undefined) disk.length = taken.truncateFrom - 1;
            disk.push(...taken.entries);
            taken = undefined;
            log.batchDurable();
          }
          for (let i = 1; i <= log.durableIndex; i++) {
            expect(disk[i - 1]?.term).toBe(log.termAt(logIndex(i)));
          }
          expect(indices(disk)).toEqual(disk.map((_, i) => i + 1));
        }
      }),
    );
  });
});
