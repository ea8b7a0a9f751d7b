import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { errorFrom, readAll, splitOf } from "../../../test/support/input-bytes.ts";
import { InputFolder } from "../../../test/support/input-folder.ts";
import { isOwnServer, TestBucket } from "../../../test/support/s3/bucket.ts";
import { FAULTS, type Fault, seededFaults } from "../../../test/support/s3/fault-proxy.ts";
import { READ_PIECE_BYTES, READ_PIECES_MAX } from "../../base/limits.ts";
import { S3Store } from "../../s3/s3-store.ts";
import { files } from "./files.ts";
import { findInputFiles } from "./find-input-files.ts";
import { fixedRecords } from "./fixed-records.ts";
import type { InputFile, Split } from "./input.ts";
import { ndjson } from "./ndjson.ts";
import { ObjectSource } from "./object-source.ts";
import { planSplits } from "./plan-splits.ts";
import { text } from "./text.ts";

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
});
afterEach(() => bucket.proxy.calm());
afterAll(() => bucket.close());

/** Bytes that tell where they are from. */
function bytesOf(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
  return bytes;
}

async function put(key: string, body: string | Uint8Array): Promise<InputFile> {
  await bucket.put(key, body);
  const [file] = await findInputFiles([bucket.url(key)], "/");
  return file!;
}

/** What a source brings from `start` up to `end`, in reads of so many bytes. */
async function read(
  file: InputFile,
  start = 0,
  end = file.sizeBytes,
  blockBytes = 1 << 20,
): Promise<Buffer> {
  const source = new ObjectSource(file, start, end);
  const target = Buffer.alloc(blockBytes);
  const blocks: Buffer[] = [];
  try {
    while (source.position < end) {
      const count = await source.read(target, 0, Math.min(blockBytes, end - source.position));
      if (count === 0) break;
      blocks.push(Buffer.from(target.subarray(0, count)));
    }
    return Buffer.concat(blocks);
  } finally {
    source.close();
  }
}

const LARGE = bytesOf(2 * READ_PIECE_BYTES + 12_345);
let large: InputFile;
beforeAll(async () => {
  large = await put("large.bin", LARGE);
});

describe("ObjectSource", () => {
  test.each([1 << 20, 65_537, 777_777])("brings the object in blocks of %i", async (blockBytes) => {
    expect((await read(large, 0, LARGE.length, blockBytes)).equals(LARGE)).toBe(true);
  });

  test("begins anywhere, and goes on past the end that was foretold", async () => {
    const start = READ_PIECE_BYTES - 3;
    const source = new ObjectSource(large, start, start + 10);
    const target = Buffer.alloc(600_000);
    let at = 0;
    while (at < target.length) at += await source.read(target, at, target.length);
    source.close();
    expect(target.equals(LARGE.subarray(start, start + target.length))).toBe(true);
  });

  test("gives 0 at the end, and of an empty object without asking", async () => {
    const source = new ObjectSource(large, LARGE.length - 1, LARGE.length);
    expect(await source.read(Buffer.alloc(9), 0, 9)).toBe(1);
    expect(await source.read(Buffer.alloc(9), 0, 9)).toBe(0);
    const empty = await put("empty", "");
    expect(new ObjectSource(empty, 0, 0).read(Buffer.alloc(9), 0, 9)).toBe(0);
  });

  test("asks for no more than it will need, so many pieces at once at the most", async () => {
    bucket.proxy.latencyMs = 20;
    bucket.server.seen.length = 0;
    await read(large, 100, READ_PIECE_BYTES + 100);
    expect(bucket.proxy.atOnceMax).toBeLessThanOrEqual(READ_PIECES_MAX);
    if (!isOwnServer) return;
    const ranges = bucket.server.seen.map(({ range }) => range);
    expect(ranges.sort()).toEqual([`bytes=100-${READ_PIECE_BYTES + 99}`]);
  });

  test("has several pieces under way while the first is awaited", async () => {
    bucket.proxy.latencyMs = 50;
    await read(large);
    expect(bucket.proxy.atOnceMax).toBe(3);
  });

  test("brings nothing once it is closed", async () => {
    bucket.proxy.plan = () => "stall";
    const source = new ObjectSource(large, 0, LARGE.length);
    await source.read(Buffer.alloc(10), 0, 10);
    // Half of each body comes, so this one waits.
    const waiting = source.read(Buffer.alloc(LARGE.length), 0, LARGE.length);
    source.close();
    expect(await waiting).toBe(0);
    expect(source.read(Buffer.alloc(1), 0, 1)).toBe(0);
  });
});

describe("trouble on the way", () => {
  test.each(FAULTS)('"%s" is tried again', async (fault: Fault) => {
    bucket.proxy.plan = (_request, index) => (index < 2 ? fault : undefined);
    expect((await read(large)).equals(LARGE)).toBe(true);
    expect(bucket.proxy.struck.get(fault)).toBe(2);
  });

  test.runIf(isOwnServer)("after a cut only the rest is asked for", async () => {
    const start = LARGE.length - 1000;
    bucket.proxy.plan = (_request, index) => (index === 0 ? "cut" : undefined);
    bucket.server.seen.length = 0;
    await read(large, start);
    const ranges = bucket.server.seen.map(({ range }) => range);
    expect(ranges).toEqual([
      `bytes=${start}-${LARGE.length - 1}`,
      `bytes=${start + 500}-${LARGE.length - 1}`,
    ]);
  });

  test.each([1, 2, 3, 4, 5, 6])("of any kind, by chance (seed %i)", async (seed) => {
    bucket.proxy.plan = seededFaults(seed, 0.4);
    expect((await read(large, seed, LARGE.length - seed)).length).toBe(LARGE.length - 2 * seed);
    expect((await read(large)).equals(LARGE)).toBe(true);
  });

  test("that does not end is STORE_UNREACHABLE, after a bounded number of tries", async () => {
    bucket.proxy.plan = () => "503";
    const waitsMs: number[] = [];
    const pace = { random: () => 0.5, wait: async (ms: number) => void waitsMs.push(ms) };
    const store = new S3Store({ role: "read", pace });
    const source = new ObjectSource(large, LARGE.length - 10, LARGE.length, store);
    const error = await errorFrom(Promise.resolve(source.read(Buffer.alloc(10), 0, 10)));
    expect(error.code).toBe("STORE_UNREACHABLE");
    expect(error.message).toBe(
      `Cannot read ${large.path}: ${bucket.proxy.url} answered 503 SlowDown, 10 times. ` +
        "It is overloaded or broken: run the job again later, perhaps with fewer slots.",
    );
    expect(bucket.proxy.struck.get("503")).toBe(10);
    expect(waitsMs).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000]);
  });
});

describe("an object that is not as planned", () => {
  test("is INPUT_CHANGED when it is written while it is read", async () => {
    const file = await put("moving", bytesOf(3 * READ_PIECE_BYTES));
    const source = new ObjectSource(file, 0, READ_PIECE_BYTES);
    await source.read(Buffer.alloc(10), 0, 10);
    await bucket.put("moving", bytesOf(3 * READ_PIECE_BYTES + 1));
    const error = await errorFrom(read(file));
    expect(error.code).toBe("INPUT_CHANGED");
    expect(error.message).toContain(`${bucket.url("moving")}: it was written to`);
    source.close();
  });

  test("is INPUT_MISSING when it is gone", async () => {
    const file = await put("going", "here");
    await bucket.remove("going");
    const error = await errorFrom(read(file));
    expect(error.code).toBe("INPUT_MISSING");
    expect(error.message).toContain("it was there when the job was planned and is gone now");
  });
});

const LINES = Array.from(
  { length: 3000 },
  (_, i) => `{"line": ${i}, "of": "${"é".repeat(i % 90)}"}\n`,
);
const CONTENTS: Readonly<Record<string, Uint8Array>> = {
  "a.ndjson": Buffer.from(LINES.join("")),
  "b/c.ndjson": Buffer.from(LINES.slice(0, 7).join("").trimEnd()),
  "b/zipped.ndjson.gz": Buffer.concat([
    gzipSync(LINES.slice(0, 2000).join("")),
    gzipSync(LINES.slice(2000).join("")),
  ]),
  "empty.ndjson": Buffer.alloc(0),
};

describe("every format reads objects as it reads files", () => {
  let folder: InputFolder;
  beforeAll(async () => {
    folder = new InputFolder(CONTENTS);
    for (const [name, body] of Object.entries(CONTENTS)) await bucket.put(`formats/${name}`, body);
  });
  afterAll(() => folder[Symbol.dispose]());

  test.each([text(), text({ as: "bytes" }), ndjson(), files(), fixedRecords({ bytes: 10 })])(
    "$name",
    async (format) => {
      const plan = (found: readonly InputFile[]): Split[] =>
        planSplits(found, { splittable: format.splittable, splitBytes: 5000, slots: 2 });
      const local = plan(await folder.find("."));
      const remote = plan(await findInputFiles([bucket.url("formats/")], "/"));
      expect(remote.length).toBe(local.length);
      const open = (split: Split) => format.open(split);
      const seen = await readAll(remote, open);
      expect(seen).toEqual(await readAll(local, open));
      expect(seen.length).toBeGreaterThan(3);
      const names = (splits: Split[]) =>
        splits.flatMap(({ segments }) => segments.map(({ file }) => file.name));
      expect(names(remote)).toEqual(names(local));
    },
  );

  test("an object that is cut short is no whole gzip file", async () => {
    const body = CONTENTS["b/zipped.ndjson.gz"]!;
    const file = await put("cut.gz", body.subarray(0, body.length - 5));
    const error = await errorFrom(readAll([splitOf(file)], (split) => text().open(split)));
    expect(error.code).toBe("INPUT_CORRUPT");
    expect(error.message).toContain(bucket.url("cut.gz"));
  });
});

test("many small objects of a split are on their way together, in their order", async () => {
  const names = Array.from({ length: 40 }, (_, i) => `small/${String(i).padStart(2, "0")}`);
  for (const name of names) await bucket.put(name, `in ${name}\n`);
  const [split] = planSplits(await findInputFiles([bucket.url("small/")], "/"), {
    splittable: true,
    splitBytes: 1 << 20,
    slots: 1,
  });
  bucket.proxy.latencyMs = 20;
  bucket.proxy.atOnceMax = 0;
  const seen = await readAll([split!], (each) => text().open(each));
  expect(seen.map(({ value }) => value)).toEqual(names.map((name) => `in ${name}`));
  expect(bucket.proxy.atOnceMax).toBeGreaterThan(8);
});
