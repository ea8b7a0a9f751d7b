import { existsSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  anyRecords,
  type Encoded,
  encoded,
  readAll,
  shown,
  sorted,
  temporaryFolder,
} from "../../test/support/shuffle-model.ts";
import { SheafError } from "../base/error.ts";
import type { MapOutput } from "./map-output.ts";
import { RUN_WRITE_BYTES } from "./run-format.ts";
import { RunReader } from "./run-reader.ts";
import { RunWriter } from "./run-writer.ts";

const folder = temporaryFolder();
const path = join(folder, "run");

function write(regions: readonly (readonly Encoded[])[], blockBytes?: number): MapOutput {
  const writer = new RunWriter(path, blockBytes);
  for (const records of regions) {
    for (const { key, value } of records) {
      writer.write(key, 0, key.length, value, 0, value.length);
    }
    writer.endRegion();
  }
  return writer.finish();
}

function read(output: MapOutput, partition: number): Encoded[] {
  const reader = new RunReader(output.path, output.regions[partition]!);
  try {
    return readAll(reader);
  } finally {
    reader.close();
  }
}

function errorOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a run file", () => {
  it("gives back what was written, region by region, whatever the size of its blocks", () => {
    const regions = fc.array(anyRecords, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(regions, fc.constantFrom(1, 16, 200, 65536), (unsorted, blockBytes) => {
        const expected = unsorted.map(sorted);
        const output = write(expected, blockBytes);
        expect(output.regions.map(({ records }) => records)).toEqual(expected.map((r) => r.length));
        for (const [partition, records] of expected.entries()) {
          expect(read(output, partition)).toEqual(records);
        }
        const end = output.regions.reduce((offset, region) => {
          expect(region.offset).toBe(offset);
          return offset + region.lengthBytes;
        }, 0);
        expect(readFileSync(path).length).toBe(end);
      }),
      { numRuns: 100 },
    );
  });

  it("holds records larger than a block, larger than a write, and empty ones", () => {
    const big = Buffer.alloc(RUN_WRITE_BYTES * 3, "big");
    const records: Encoded[] = [
      encoded("", ""),
      encoded("", ""),
      { key: Buffer.from("a"), value: big },
      { key: Buffer.from("a"), value: Buffer.from("after") },
      { key: big.subarray(0, 100_000), value: Buffer.alloc(0) },
    ];
    const output = write([records, [], records]);
    // As text, because comparing large buffers byte by byte takes seconds.
    expect(shown(read(output, 0))).toEqual(shown(records));
    expect(read(output, 1)).toEqual([]);
    expect(shown(read(output, 2))).toEqual(shown(records));
    expect(output.regions[0]!.blockBytesMax).toBeGreaterThan(big.length);
    expect(output.regions[1]!.blockBytesMax).toBe(0);
  });

  it("spells a key once for all its records in a block, and says so to the reader", () => {
    const key = "a key of some length";
    const records = Array.from({ length: 1000 }, (_, i) => encoded(key, String(i % 10)));
    const output = write([records]);
    expect(output.regions[0]!.lengthBytes).toBeLessThan(1000 * 3 + 50);
    const reader = new RunReader(path, output.regions[0]!);
    let same = 0;
    while (reader.next()) if (reader.sameKey) same++;
    reader.close();
    expect(same).toBe(999);
  });

  it("is read through one buffer, region after region", () => {
    const output = write([[encoded("a", "1")], [encoded("b", "2"), encoded("c", "3")]]);
    const reader = new RunReader(path, output.regions[1]!);
    expect(shown(readAll(reader))).toEqual(["b=2", "c=3"]);
    expect(reader.bytesRead).toBe(output.regions[1]!.lengthBytes);
    reader.reset(output.regions[0]!);
    expect(shown(readAll(reader))).toEqual(["a=1"]);
    reader.close();
  });
});

describe("a damaged run file", () => {
  const records = Array.from({ length: 12 }, (_, i) => encoded(`key ${i >> 1}`, `value ${i}`));

  it("is found out whichever byte has changed", () => {
    const region = write([records], 64).regions[0]!;
    const intact = readFileSync(path);
    for (let at = 0; at < intact.length; at++) {
      const damaged = Buffer.from(intact);
      damaged[at]! ^= 1 << (at % 8);
      writeFileSync(path, damaged);
      const shownBefore: Encoded[] = [];
      const reader = new RunReader(path, region);
      const error = errorOf(() => {
        while (reader.next()) {
          const key = reader.keyBytes.subarray(reader.keyStart, reader.keyEnd);
          const value = reader.valueBytes.subarray(reader.valueStart, reader.valueEnd);
          shownBefore.push({ key: Buffer.from(key), value: Buffer.from(value) });
        }
      });
      reader.close();
      expect(error, `byte ${at}`).toBeInstanceOf(SheafError);
      expect((error as SheafError).code).toBe("REGION_CORRUPT");
      expect((error as SheafError).message).toContain(path);
      expect(shownBefore).toEqual(records.slice(0, shownBefore.length));
    }
  });

  it("is found out wherever it ends", () => {
    const region = write([records], 64).regions[0]!;
    for (let length = region.lengthBytes - 1; length >= 0; length--) {
      truncateSync(path, length);
      const error = errorOf(() => read({ path, regions: [region] }, 0));
      expect((error as SheafError).code, `at ${length}`).toBe("REGION_CORRUPT");
      expect((error as SheafError).message).toContain("the file ends at byte");
    }
  });

  it("is found out when the index is wrong: offsets, lengths and counts of records", () => {
    const output = write([records, records], 64);
    const [first, second] = output.regions as [MapOutput["regions"][0], MapOutput["regions"][0]];
    const wrong = [
      { ...first, records: first.records + 1 },
      { ...first, records: first.records - 1 },
      { ...first, lengthBytes: first.lengthBytes + 1 },
      { ...first, lengthBytes: first.lengthBytes - 1 },
      { ...first, lengthBytes: 0 },
      { ...first, lengthBytes: 5 },
      { ...first, lengthBytes: first.lengthBytes + second.lengthBytes },
      { ...second, offset: second.offset + 1 },
      { ...second, offset: second.offset + second.lengthBytes },
    ];
    for (const region of wrong) {
      const error = errorOf(() => read({ path, regions: [region] }, 0));
      expect((error as SheafError | undefined)?.code, JSON.stringify(region)).toBe(
        "REGION_CORRUPT",
      );
    }
  });

  it("is found out when a block is what its checksum says, but not records", () => {
    const payloads: Record<string, number[]> = {
      "a record ends beyond its block": [2, 3, 0x6b, 0x76],
      "a block does not spell its first key": [0, 1, 0x76],
      "a length without an end stands": [0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88],
      "records more": [2, 0, 0x6b],
    };
    for (const [reason, bytes] of Object.entries(payloads)) {
      const payload = Buffer.from(bytes);
      const header = Buffer.alloc(8);
      header.writeUInt32LE(payload.length, 0);
      header.writeUInt32LE(crc32(payload), 4);
      writeFileSync(path, Buffer.concat([header, payload]));
      const lengthBytes = 8 + payload.length;
      const region = { offset: 0, lengthBytes, records: 2, blockBytesMax: lengthBytes };
      const error = errorOf(() => read({ path, regions: [region] }, 0)) as SheafError;
      expect(error.code).toBe("REGION_CORRUPT");
      expect(error.message).toContain(reason);
    }
  });

  it("is found out by an impossible length before memory is taken for it", () => {
    const header = Buffer.alloc(8);
    header.writeUInt32LE(2 ** 31, 0);
    writeFileSync(path, header);
    const region = { offset: 0, lengthBytes: 2 ** 32, records: 1, blockBytesMax: 2 ** 32 };
    const error = errorOf(() => read({ path, regions: [region] }, 0)) as SheafError;
    expect(error.message).toContain("impossible length (2147483648)");
  });

  it("is reported when it is not there at all", () => {
    const region = { offset: 0, lengthBytes: 10, records: 1, blockBytesMax: 10 };
    const error = errorOf(() => new RunReader(join(folder, "gone"), region));
    expect((error as SheafError).code).toBe("REGION_CORRUPT");
    expect((error as SheafError).message).toContain("ENOENT");
  });
});

describe("a run writer", () => {
  it.runIf(existsSync("/dev/full"))("says which file did not fit on the disk", () => {
    const full = join(folder, "full");
    symlinkSync("/dev/full", full);
    const writer = new RunWriter(full);
    writer.write(Buffer.from("key"), 0, 3, Buffer.from("value"), 0, 5);
    writer.endRegion();
    const error = errorOf(() => writer.finish()) as SheafError;
    expect(error.code).toBe("NO_SPACE");
    expect(error.message).toContain(full);
    writer.discard();
    expect(existsSync(full)).toBe(false);
  });

  it("says which file could not be opened", () => {
    const error = errorOf(() => new RunWriter(join(folder, "no", "such"))) as SheafError;
    expect(error.code).toBe("OUTPUT_FAILED");
    expect(error.message).toContain(join(folder, "no", "such"));
  });

  it("leaves nothing behind when it is discarded", () => {
    const writer = new RunWriter(path);
    writer.write(Buffer.from("key"), 0, 3, Buffer.from("value"), 0, 5);
    writer.discard();
    expect(existsSync(path)).toBe(false);
    writer.discard();
  });
});
