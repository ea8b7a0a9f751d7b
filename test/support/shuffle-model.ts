/**
 * The naive twin of the shuffle: records as pairs of buffers, sorted by `Buffer.compare`. Tests of
 * every part of the shuffle compare with it.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll } from "vitest";
import type { RecordSource } from "../../src/shuffle/record-source.ts";

/** A record, encoded. */
export interface Encoded {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** A record of two texts. */
export function encoded(key: string, value: string): Encoded {
  return { key: Buffer.from(key), value: Buffer.from(value) };
}

/** Few bytes, zeros among them, so that keys often collide, share prefixes and differ in length. */
const keyByte = fc.constantFrom(0, 0, 1, 97, 97, 97, 98, 255);

/** Keys that make trouble: empty, equal, prefixes of one another, ending in zeros, long. */
export const anyKey: fc.Arbitrary<Buffer> = fc
  .oneof(
    { weight: 8, arbitrary: fc.array(keyByte, { maxLength: 12 }) },
    { weight: 1, arbitrary: fc.array(keyByte, { minLength: 100, maxLength: 600 }) },
    { weight: 2, arbitrary: fc.constantFrom([], [0], [0, 0], [97, 97, 97, 97, 97]) },
  )
  .map((bytes) => Buffer.from(bytes));

/** Values of any bytes, empty ones included. */
export const anyValue: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => Buffer.from(bytes));

/** Records with the keys of `anyKey`. */
export const anyRecords: fc.Arbitrary<Encoded[]> = fc.array(
  fc.record({ key: anyKey, value: anyValue }),
  { maxLength: 120 },
);

/** The records by key, those of one key in their given order. */
export function sorted(records: readonly Encoded[]): Encoded[] {
  return [...records].sort((a, b) => Buffer.compare(a.key, b.key));
}

/** Records as text, for messages that a person can read. */
export function shown(records: readonly Encoded[]): string[] {
  return records.map(({ key, value }) => `${key.toString("latin1")}=${value.toString("latin1")}`);
}

/** All that is left of a source, copied. */
export function readAll(source: RecordSource): Encoded[] {
  const records: Encoded[] = [];
  while (source.next()) {
    const key = Buffer.from(source.keyBytes.subarray(source.keyStart, source.keyEnd));
    const value = Buffer.from(source.valueBytes.subarray(source.valueStart, source.valueEnd));
    if (source.sameKey && !key.equals(records.at(-1)!.key)) throw new Error("not the same key");
    records.push({ key, value });
  }
  return records;
}

/** A source over records in memory. It reuses its bytes, as sources may. */
export class ListSource implements RecordSource {
  closed = false;
  readonly sameKey = false;
  readonly keeps = false;
  readonly keyBytes = Buffer.alloc(1024);
  keyStart = 0;
  keyEnd = 0;
  readonly valueBytes = this.keyBytes;
  valueStart = 0;
  valueEnd = 0;
  readonly #records: readonly Encoded[];
  #index = 0;

  constructor(records: readonly Encoded[]) {
    this.#records = records;
  }

  next(): boolean {
    this.keyBytes.fill(0xee);
    const record = this.#records[this.#index++];
    if (record === undefined) return false;
    this.keyStart = this.#index % 3;
    this.keyEnd = this.keyStart + record.key.copy(this.keyBytes, this.keyStart);
    this.valueStart = this.keyEnd;
    this.valueEnd = this.valueStart + record.value.copy(this.valueBytes, this.valueStart);
    return true;
  }

  close(): void {
    this.closed = true;
  }
}

/** A folder that goes away with the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sheaf-shuffle-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
