import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readAll } from "../../../test/support/input-bytes.ts";
import { InputFolder } from "../../../test/support/input-folder.ts";
import type { SheafError } from "../../base/error.ts";
import { files } from "./files.ts";
import type { InputFormat } from "./input.ts";

/** The keys and values of a whole folder, errors among them. */
async function recordsOf(
  folder: InputFolder,
  format: InputFormat<string, unknown>,
): Promise<unknown[]> {
  const found = await folder.find(".");
  const segments = found.map((file) => ({ file, start: 0, end: file.sizeBytes }));
  const reader = format.open({ index: 0, segments, sizeBytes: 0 });
  const seen: unknown[] = [];
  while (await reader.fill()) {
    try {
      while (reader.next()) seen.push([reader.key, reader.value]);
    } catch (error) {
      seen.push([reader.position.path, (error as SheafError).code, reader.excerpt(8)]);
    }
    expect(reader.next()).toBe(false);
  }
  return seen;
}

describe("files", () => {
  test("gives each file as one record, empty ones too, keyed by its path", async () => {
    using folder = new InputFolder({
      "a.txt": "one\r\ntwo",
      "b/empty": "",
      "b/mark.txt": "\uFEFFé",
      "c.gz": gzipSync("zipped"),
    });
    expect(await recordsOf(folder, files())).toEqual([
      ["a.txt", "one\r\ntwo"],
      ["b/empty", ""],
      ["b/mark.txt", "é"],
      ["c.gz", "zipped"],
    ]);
  });

  test("as bytes, gives each file in bytes of its own", async () => {
    using folder = new InputFolder({ a: Buffer.from([0xff, 0]), b: "", c: "\uFEFFc" });
    expect(await recordsOf(folder, files({ as: "bytes" }))).toEqual([
      ["a", new Uint8Array([0xff, 0])],
      ["b", new Uint8Array()],
      ["c", new Uint8Array([0xef, 0xbb, 0xbf, 0x63])],
    ]);
  });

  test("a file that is not UTF-8 is a bad record, or read as the job says", async () => {
    using folder = new InputFolder({ a: Buffer.from("caf\xe9 au lait", "latin1"), b: "b" });
    const expected = (a: string) => [
      ["a", a],
      ["b", "b"],
    ];
    const bad = ["a", "RECORD_INVALID", "caf\uFFFD au…"];
    expect(await recordsOf(folder, files())).toEqual([bad, ["b", "b"]]);
    expect(await recordsOf(folder, files({ invalid: "replace" }))).toEqual(
      expected("caf\uFFFD au lait"),
    );
    expect(await recordsOf(folder, files({ encoding: "latin1" }))).toEqual(
      expected("café au lait"),
    );
  });

  test("a file over the limit is a bad record, compressed or not", async () => {
    using folder = new InputFolder({
      "a.gz": gzipSync("x".repeat(5_000_000)),
      b: "0123456789+",
      c: "0123456789",
      "d.gz": gzipSync("0123456789"),
      "e.gz": gzipSync("0123456789+"),
    });
    expect(await recordsOf(folder, files({ fileBytesMax: 10 }))).toEqual([
      ["a.gz", "RECORD_TOO_LARGE", "xxxxxxx…"],
      ["b", "RECORD_TOO_LARGE", "0123456…"],
      ["c", "0123456789"],
      ["d.gz", "0123456789"],
      ["e.gz", "RECORD_TOO_LARGE", "0123456…"],
    ]);
  });

  test("a file of many blocks comes whole", async () => {
    const long = "line ä\n".repeat(500_000);
    using folder = new InputFolder({ a: long, "b.gz": gzipSync(long) });
    const seen = await recordsOf(folder, files());
    expect(seen.map((record) => (record as string[])[1]!.length)).toEqual([
      long.length,
      long.length,
    ]);
    expect(seen).toEqual([
      ["a", long],
      ["b.gz", long],
    ]);
  });

  test("positions are the files' beginnings, and progress is the bytes as stored", async () => {
    using folder = new InputFolder({ "a.gz": gzipSync("x".repeat(1000)) });
    const split = folder.split("a.gz");
    expect(await readAll([split], (split) => files().open(split))).toEqual([
      { offset: 0, value: "x".repeat(1000) },
    ]);
    const reader = files().open(split);
    await reader.fill();
    expect(reader.bytesRead).toBe(split.sizeBytes);
  });
});
