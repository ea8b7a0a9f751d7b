import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyKey } from "../../test/support/shuffle-model.ts";
import { RecordSorter } from "./sort-records.ts";

/** Indexes of the keys in sorted order, as the sorter finds them in [from, to). */
function sortedIndexes(keys: readonly Buffer[], from = 0, to = keys.length): number[] {
  const words = new Int32Array(keys.length * 2);
  let end = 0;
  for (const [i, key] of keys.entries()) {
    words[2 * i] = end;
    end += key.length;
    words[2 * i + 1] = end;
  }
  const offset = Math.ceil(end / 8) * 8;
  const memory = new ArrayBuffer(offset + keys.length * 8 + 8);
  const bytes = Buffer.from(memory);
  for (const [i, key] of keys.entries()) key.copy(bytes, words[2 * i]!);
  const table = { bytes, words, origin: 0, stride: 2 };
  const sorter = new RecordSorter(table, memory, offset, keys.length);
  for (let i = 0; i < keys.length; i++) sorter.put(i, i);
  sorter.sort(from, to);
  return keys.map((_, position) => sorter.indexAt(position));
}

/** The same by the book. */
function expectedIndexes(keys: readonly Buffer[]): number[] {
  return keys.map((_, i) => i).sort((a, b) => Buffer.compare(keys[a]!, keys[b]!));
}

/** Whole numbers below `limit` that look random and are always the same. */
function* numbers(limit: number): Generator<number, never> {
  let state = 1;
  for (;;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield (state >>> 8) % limit;
  }
}

function many(count: number, keyOf: (random: () => number, i: number) => string): Buffer[] {
  const source = numbers(2 ** 24);
  return Array.from({ length: count }, (_, i) => {
    return Buffer.from(
      keyOf(() => source.next().value, i),
      "latin1",
    );
  });
}

describe("sorting records", () => {
  it("orders any keys by their bytes, equal ones as they were emitted", () => {
    fc.assert(
      fc.property(fc.array(anyKey, { maxLength: 400 }), (keys) => {
        expect(sortedIndexes(keys)).toEqual(expectedIndexes(keys));
      }),
      { numRuns: 300 },
    );
  });

  it("orders only the range it is asked for", () => {
    const keys = ["z", "c", "b", "a", "0"].map((key) => Buffer.from(key));
    expect(sortedIndexes(keys, 1, 4)).toEqual([0, 3, 2, 1, 4]);
  });

  const shapes: Record<string, Buffer[]> = {
    "random bytes": many(3000, (random) => String.fromCharCode(random() & 255, random() & 255)),
    "URLs that share long prefixes": many(3000, (random) => {
      return `https://www.example.com/articles/${random() % 30}/pages/${random() % 500}.html`;
    }),
    "few words, many times": many(3000, (random) => {
      return ["the", "there", "therefore", "a", ""][random() % 5]!;
    }),
    "one key": many(3000, () => "always the same key"),
    "sorted keys": many(3000, (_random, i) => String(i).padStart(8, "0")),
    "reversed keys": many(3000, (_random, i) => String(9999 - i).padStart(8, "0")),
    "runs of zero bytes of any length": many(1000, (random) => "\0".repeat(random() % 40)),
    "a word and then zero bytes": many(1000, (random) => `there${"\0".repeat(random() % 40)}`),
    "each a prefix of the next": many(400, (random) => "a".repeat(random() % 2000)),
    "keys of six megabytes in all that differ in the last byte": many(100, (random) => {
      return "x".repeat(60_000) + String.fromCharCode(random() & 255);
    }),
  };
  for (const [shape, keys] of Object.entries(shapes)) {
    it(`orders ${shape}`, () => expect(sortedIndexes(keys)).toEqual(expectedIndexes(keys)));
  }
});
