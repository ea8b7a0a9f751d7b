import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyKey,
  anyValue,
  type Encoded,
  encoded,
  readAll,
  shown,
  sorted,
} from "../../test/support/shuffle-model.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { SlotMemory } from "./slot-memory.ts";

function add(buffer: RecordBuffer, { key, value }: Encoded, partition = 0): boolean {
  return buffer.add(partition, key, 0, key.length, value, 0, value.length);
}

/** A buffer of `bytes` bytes. */
function bufferOf(bytes: number, partitions = 1): RecordBuffer {
  return new RecordBuffer(new SlotMemory(bytes), partitions);
}

describe("a record buffer", () => {
  it("gives records out by partition, key and order of emission, and can be filled again", () => {
    const records = fc.array(fc.record({ key: anyKey, value: anyValue, at: fc.nat(999) }), {
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        fc.array(records, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 50 }),
        (fillings, partitions) => {
          const buffer = bufferOf(1 << 20, partitions);
          for (const filling of fillings) {
            buffer.clear();
            for (const record of filling) add(buffer, record, record.at % partitions);
            expect(buffer.count).toBe(filling.length);
            buffer.sort();
            for (let partition = 0; partition < partitions; partition++) {
              const expected = filling.filter(({ at }) => at % partitions === partition);
              expect(shown(readAll(buffer.source(partition)))).toEqual(shown(sorted(expected)));
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it("takes what fits its memory, refuses the next record, and loses none of the others", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 4000 }),
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(fc.record({ key: anyKey, value: anyValue })),
        (bytes, partitions, stream) => {
          const buffer = bufferOf(bytes, partitions);
          const taken: Encoded[] = [];
          let next: Encoded;
          for (;;) {
            next = stream.next().value as Encoded;
            if (!add(buffer, next)) break;
            taken.push(next);
          }
          const size = ({ key, value }: Encoded) => key.length + value.length;
          // A place of two or three words and an entry of the sort, a record; two spare ones.
          const overhead = (partitions === 1 ? 8 : 12) + 8;
          const used = taken.reduce((sum, record) => sum + size(record) + overhead, 0);
          expect(used).toBeLessThanOrEqual(bytes);
          expect(used + size(next) + overhead).toBeGreaterThan(bytes - 2 * overhead - 16);
          buffer.sort();
          expect(shown(readAll(buffer.source(0)))).toEqual(shown(sorted(taken)));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("copies a record whose key and value are parts of one buffer, or of two", () => {
    const buffer = bufferOf(4096);
    const line = Buffer.from("..key and value..");
    buffer.add(0, line, 2, 5, line, 5, 15);
    buffer.add(0, line, 2, 5, Buffer.from(line), 5, 15);
    buffer.add(0, line, 10, 15, line, 2, 5);
    line.fill("x");
    buffer.sort();
    expect(shown(readAll(buffer.source(0)))).toEqual([
      "key= and value",
      "key= and value",
      "value=key",
    ]);
  });

  it("can be empty", () => {
    const buffer = bufferOf(1024, 3);
    buffer.sort();
    expect(readAll(buffer.source(2))).toEqual([]);
  });

  it("tells how many bytes of records it holds", () => {
    const buffer = bufferOf(1024);
    add(buffer, encoded("abc", "de"));
    add(buffer, encoded("", "f"));
    expect(buffer.recordBytes).toBe(6);
  });
});
