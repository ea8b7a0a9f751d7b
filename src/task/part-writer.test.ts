import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canMount, errorOf, onDisk } from "../../test/support/output-folder.ts";
import { PartWriter } from "./part-writer.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sheaf-part-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hexCrc = (bytes: Uint8Array) => crc32(bytes).toString(16).padStart(8, "0");

function writePart(path: string, compression: "none" | "gzip", records: Iterable<Uint8Array>) {
  const part = new PartWriter(path, compression);
  for (const record of records) {
    part.writer.writeBytes(record, 0, record.length);
    part.flushIfLarge();
  }
  return part.finish();
}

/** About 3 MB of lines: several blocks, compressed or not. */
function* lines(): Generator<Buffer> {
  for (let i = 0; i < 100_000; i++) yield Buffer.from(`key-${i * 7919}\tvalue ${i % 97} of many\n`);
}

describe("PartWriter", () => {
  test("the file holds every record in order, and its size and checksum are those told", () => {
    const path = join(folder, "part");
    const part = writePart(path, "none", lines());
    const file = readFileSync(path);
    expect(file.equals(Buffer.concat([...lines()]))).toBe(true);
    expect(part).toEqual({ bytes: file.length, crc32: hexCrc(file) });
  });

  test("records of any sizes come out whole, larger than a block and empty ones too", () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 400_000, max: 1_200_000 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(sizes, fc.constantFrom("none" as const, "gzip" as const), (counts, kind) => {
        const records = counts.map((count, index) => Buffer.alloc(count, `<${index}>`));
        const path = join(folder, "part");
        const part = writePart(path, kind, records);
        const file = readFileSync(path);
        const content = kind === "gzip" ? gunzipSync(file) : file;
        expect(content.equals(Buffer.concat(records))).toBe(true);
        expect(part).toEqual({ bytes: file.length, crc32: hexCrc(file) });
      }),
      { numRuns: 40 },
    );
  });

  test("a huge record does not leave its buffer behind", () => {
    const part = new PartWriter(join(folder, "part"), "none");
    part.writer.writeBytes(Buffer.alloc(20_000_000, 120), 0, 20_000_000);
    expect(part.writer.bytes.length).toBeGreaterThanOrEqual(20_000_000);
    part.flushIfLarge();
    expect(part.writer.position).toBe(0);
    expect(part.writer.bytes.length).toBeLessThan(1_000_000);
    expect(part.finish().bytes).toBe(20_000_000);
  });

  test("a gzip part is what the system's gunzip reads", () => {
    const path = join(folder, "part.gz");
    writePart(path, "gzip", lines());
    const content = execFileSync("gunzip", ["-c", path], { maxBuffer: 1 << 28 });
    expect(content.equals(Buffer.concat([...lines()]))).toBe(true);
  });

  test("an empty gzip part is a gzip file of nothing", () => {
    const path = join(folder, "part.gz");
    const part = writePart(path, "gzip", []);
    expect(part.bytes).toBeGreaterThan(0);
    expect(execFileSync("gunzip", ["-c", path]).length).toBe(0);
  });

  test("gzip bytes are the same each time, and their header knows no time and no system", () => {
    const [one, two] = ["1.gz", "2.gz"].map((name) => {
      writePart(join(folder, name), "gzip", lines());
      return readFileSync(join(folder, name));
    });
    expect(one!.equals(two!)).toBe(true);
    // Magic, deflate, no flags, no time, and 255 for the system (RFC 1952, section 2.3).
    const header = [...one!.subarray(0, 10)].map((byte, index) => (index === 8 ? "any" : byte));
    expect(header).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, "any", 255]);
  });

  test("discard removes the file, at any time and twice", () => {
    const path = join(folder, "part");
    const part = new PartWriter(path, "none");
    part.writer.writeText("x");
    part.discard();
    part.discard();
    expect(existsSync(path)).toBe(false);
    writePart(path, "none", []);
    expect(existsSync(path)).toBe(true);
  });

  test("an attempt that comes again under the same name begins with an empty file", () => {
    const path = join(folder, "part");
    writePart(path, "none", [Buffer.from("a longer first try")]);
    writePart(path, "none", [Buffer.from("second")]);
    expect(readFileSync(path, "utf8")).toBe("second");
  });

  test("a folder that is gone is OUTPUT_FAILED, with the path and the system's reason", () => {
    const path = join(folder, "gone", "part");
    const error = errorOf(() => new PartWriter(path, "none"));
    expect(error.code).toBe("OUTPUT_FAILED");
    expect(error.message).toContain(`Cannot write ${path}: ENOENT`);
  });

  test.skipIf(!existsSync("/dev/full"))("a full device is NO_SPACE, and says what to do", () => {
    for (const kind of ["none", "gzip"] as const) {
      const error = errorOf(() => writePart("/dev/full", kind, lines()));
      expect(error.code).toBe("NO_SPACE");
      expect(error.message).toBe(
        "Cannot write /dev/full: no space is left on its disk. " +
          "Free some, or choose an output folder on another disk, and run the job again.",
      );
    }
  });

  // Needs a disk of its own: only root can mount one. Elsewhere the test shows as skipped.
  test.skipIf(!canMount())("a disk that fills up is NO_SPACE, and discard frees it again", () => {
    const disk = join(folder, "disk");
    onDisk(disk, "1m", () => {
      const path = join(disk, "part");
      const part = new PartWriter(path, "none");
      const error = errorOf(() => {
        for (const line of lines()) {
          part.writer.writeBytes(line, 0, line.length);
          part.flushIfLarge();
        }
      });
      expect(error.code).toBe("NO_SPACE");
      expect(error.data.path).toBe(path);
      part.discard();
      expect(writePart(path, "none", [Buffer.alloc(700_000)]).bytes).toBe(700_000);
    });
  });
});
