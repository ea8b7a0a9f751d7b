import { randomBytes } from "node:crypto";
import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { readAll } from "../../../test/support/input-bytes.ts";
import { InputFolder } from "../../../test/support/input-folder.ts";
import type { SheafError } from "../../base/error.ts";
import type { ByteSource } from "./byte-source.ts";
import { DecompressedSource } from "./decompressed-source.ts";
import { openSource } from "./open-source.ts";
import { text } from "./text.ts";

const hasZstd = "createZstdDecompress" in zlib;
const { gzipSync } = zlib;

/** Everything in a source, or the error that ends it. */
async function contentOf(source: ByteSource): Promise<Buffer | SheafError> {
  const pieces: Buffer[] = [];
  try {
    for (;;) {
      const target = Buffer.alloc(1000);
      const count = await source.read(target, 10, 1000);
      if (count === 0) break;
      pieces.push(target.subarray(10, 10 + count));
    }
    source.verify();
    return Buffer.concat(pieces);
  } catch (error) {
    return error as SheafError;
  } finally {
    source.close();
  }
}

/** What is in a compressed file with these bytes. */
function decompressed(name: string, stored: Uint8Array): Promise<Buffer | SheafError> {
  using folder = new InputFolder({ [name]: stored });
  return contentOf(openSource(folder.file(name), 0));
}

/** A source that gives out at most so many bytes at once, and counts what it gave. */
class Dripping implements ByteSource {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #atOnceMax: number;

  constructor(bytes: Uint8Array, atOnceMax: number) {
    this.#bytes = bytes;
    this.#atOnceMax = atOnceMax;
  }

  async read(target: Buffer, start: number, end: number): Promise<number> {
    const count = Math.min(this.#atOnceMax, end - start, this.#bytes.length - this.position);
    target.set(this.#bytes.subarray(this.position, this.position + count), start);
    this.position += count;
    return count;
  }

  verify(): void {}

  close(): void {}
}

describe("a gzip file", () => {
  const members = [gzipSync("one "), gzipSync(""), gzipSync("two "), gzipSync("three")];
  const whole = Buffer.concat(members);

  test("is read with all its members, wherever the blocks of its bytes end", async () => {
    using folder = new InputFolder({ "a.gz": whole });
    const file = folder.file("a.gz");
    for (let atOnce = 1; atOnce <= whole.length; atOnce++) {
      const source = new DecompressedSource(file, new Dripping(whole, atOnce));
      expect(String(await contentOf(source)), `${atOnce} bytes at once`).toBe("one two three");
    }
  });

  test("that is cut anywhere but between members is INPUT_CORRUPT", async () => {
    const ends = members.map((_, index) => Buffer.concat(members.slice(0, index + 1)).length);
    for (let length = 0; length < whole.length; length++) {
      const content = await decompressed("cut.gz", whole.subarray(0, length));
      if (ends.includes(length)) expect(content).toBeInstanceOf(Buffer);
      else expect(content, `${length} bytes`).toMatchObject({ code: "INPUT_CORRUPT" });
    }
  });

  test("that is damaged is INPUT_CORRUPT, with its name and what to do", async () => {
    const damaged = Buffer.from(members[0]!);
    damaged[damaged.length - 5]! ^= 1;
    expect(await decompressed("damaged.gz", damaged)).toMatchObject({ code: "INPUT_CORRUPT" });
    const failure = (await decompressed("plain.gz", Buffer.from("plain text"))) as SheafError;
    expect(failure.message).toMatch(
      /^Cannot decompress \S+plain\.gz as gzip: incorrect header check\. It is cut or damaged/,
    );
  });

  test("may be padded with zero bytes, but nothing else may follow", async () => {
    const padding = Buffer.alloc(200_000);
    const padded = Buffer.concat([whole, padding]);
    expect(String(await decompressed("padded.gz", padded))).toBe("one two three");
    for (const more of [gzipSync("lost"), Buffer.from("junk")]) {
      for (const before of [padding, padding.subarray(0, 3)]) {
        const content = await decompressed("more.gz", Buffer.concat([whole, before, more]));
        expect(content).toMatchObject({ code: "INPUT_CORRUPT" });
      }
    }
    const junk = await decompressed("junk.gz", Buffer.concat([whole, Buffer.from("junk")]));
    expect(junk).toMatchObject({ code: "INPUT_CORRUPT" });
  });

  test("is taken in no faster than it is read out", async () => {
    const content = Buffer.alloc(50_000_000);
    const stored = gzipSync(content);
    const manyMembers = Buffer.concat(Array.from({ length: 20 }, () => stored));
    using folder = new InputFolder({ "a.gz": "" });
    const dripping = new Dripping(manyMembers, 1_000_000);
    const source = new DecompressedSource(folder.file("a.gz"), dripping);
    const target = Buffer.alloc(100_000);
    for (let read = 0; read < 1_000_000; ) read += await source.read(target, 0, target.length);
    // A megabyte of zeros is a thousand bytes here; blocks of 64 KiB are taken in.
    expect(dripping.position).toBeLessThan(200_000);
    expect(manyMembers.length).toBeGreaterThan(900_000);
    source.close();
  });

  test("can be closed at any time; a read under way then brings nothing", async () => {
    using folder = new InputFolder({ "a.gz": gzipSync(randomBytes(1_000_000)) });
    for (const readsBefore of [0, 1, 5]) {
      const source = openSource(folder.file("a.gz"), 0);
      const target = Buffer.alloc(1000);
      for (let i = 0; i < readsBefore; i++) await source.read(target, 0, 1000);
      const reading = source.read(target, 0, 1000);
      source.close();
      source.close();
      expect(typeof reading === "number" ? 0 : await reading).toBe(0);
      expect(await source.read(target, 0, 1000)).toBe(0);
    }
  });

  test("is read as lines, with offsets in the decompressed stream", async () => {
    const lines = Array.from(
      { length: 50_000 },
      (_, index) => `${index} ${"é".repeat(index % 50)}`,
    );
    using folder = new InputFolder({
      "a.gz": Buffer.concat([
        gzipSync(lines.slice(0, 20_000).join("\n")),
        gzipSync(`\n${lines.slice(20_000).join("\n")}`),
      ]),
    });
    const seen = await readAll([folder.split("a.gz")], (split) => text().open(split));
    expect(seen.map(({ value }) => value)).toEqual(lines);
    let offset = 0;
    for (const { offset: told, value } of seen) {
      expect(told).toBe(offset);
      offset += Buffer.byteLength(value!) + 1;
    }
  });
});

describe.runIf(hasZstd)("a zstd file", () => {
  const { zstdCompressSync } = zlib as unknown as {
    zstdCompressSync(content: string | Buffer): Buffer;
  };

  test("is read with all its frames, wherever the blocks of its bytes end", async () => {
    const skipped = Buffer.from("502a4d1803000000ffffff", "hex");
    const frames = [
      zstdCompressSync("one "),
      skipped,
      zstdCompressSync(""),
      zstdCompressSync("two"),
    ];
    const whole = Buffer.concat(frames);
    using folder = new InputFolder({ "a.zst": whole });
    const file = folder.file("a.zst");
    for (let atOnce = 1; atOnce <= whole.length; atOnce++) {
      const source = new DecompressedSource(file, new Dripping(whole, atOnce));
      expect(String(await contentOf(source)), `${atOnce} bytes at once`).toBe("one two");
    }
    for (let length = 0; length < whole.length; length++) {
      const isWhole = frames.some(
        (_, i) => Buffer.concat(frames.slice(0, i + 1)).length === length,
      );
      const content = await decompressed("cut.zst", whole.subarray(0, length));
      if (isWhole) expect(content).toBeInstanceOf(Buffer);
      else expect(content, `${length} bytes`).toMatchObject({ code: "INPUT_CORRUPT" });
    }
  });

  test("of many blocks comes whole", async () => {
    const content = Buffer.concat([
      Buffer.alloc(3_000_000, "compressible "),
      randomBytes(1_000_000),
    ]);
    const stored = Buffer.concat([zstdCompressSync(content), zstdCompressSync(content)]);
    // Compared natively: `toEqual` goes over 8 MB byte by byte, which took up to half a minute.
    const read = (await decompressed("big.zst", stored)) as Buffer;
    expect(read.equals(Buffer.concat([content, content]))).toBe(true);
  });

  test("that needs more memory than there is to spare is INPUT_UNREADABLE", async () => {
    // A frame with a window of 1 GiB, and in it the empty last block.
    const frame = Buffer.from("28b52ffd00a0010000", "hex");
    const failure = (await decompressed("long.zst", frame)) as SheafError;
    expect(failure.code).toBe("INPUT_UNREADABLE");
    expect(failure.message).toContain("with --long=27 at the most");
  });

  test("that is something else is INPUT_CORRUPT", async () => {
    const failure = await decompressed("plain.zst", Buffer.from("plain text"));
    expect((failure as SheafError).message).toMatch(/as zstd: it is not in zstd format\./);
  });
});

test.runIf(!hasZstd)("a zstd file says which Node can read it", () => {
  using folder = new InputFolder({ "a.zst": "" });
  expect(() => openSource(folder.file("a.zst"), 0)).toThrow(
    `zstd needs Node 22.15 or later, and this is ${process.version}. Use a newer Node`,
  );
});
