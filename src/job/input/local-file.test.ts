import { appendFileSync, rmSync, truncateSync, utimesSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputFolder } from "../../../test/support/input-folder.ts";
import { SheafError } from "../../base/error.ts";
import { files } from "./files.ts";
import { fixedRecords } from "./fixed-records.ts";
import type { InputFormat, Split } from "./input.ts";
import { openSource } from "./open-source.ts";
import { text } from "./text.ts";

const formats: InputFormat<unknown, unknown>[] = [
  text(),
  text({ as: "bytes" }),
  fixedRecords({ bytes: 10 }),
  files(),
];

/** Reads a split to its end, doing something to its file after the first block. */
async function readMeanwhile(
  format: InputFormat<unknown, unknown>,
  split: Split,
  meanwhile: () => void,
): Promise<SheafError> {
  const reader = format.open(split);
  try {
    await reader.fill();
    meanwhile();
    do {
      while (reader.next());
    } while (await reader.fill());
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  } finally {
    reader.close();
  }
  throw new Error("It did not fail.");
}

describe("an input file that is not as it was planned", () => {
  const content = `${"x".repeat(9)}\n`.repeat(300_000);

  test.each(formats.slice(0, 3))(
    "is INPUT_CHANGED when it grows while read by $name",
    async (format) => {
      using folder = new InputFolder({ a: content });
      const failure = await readMeanwhile(format, folder.split("a"), () => {
        appendFileSync(folder.at("a"), "more");
      });
      expect(failure.code).toBe("INPUT_CHANGED");
      expect(failure.message).toBe(
        `Cannot trust what was read from ${folder.at("a")}: it had ` +
          "2.9 MB (3,000,000 bytes) when the job was planned and has 2.9 MB (3,000,004 bytes) now. " +
          "Run the job again when nothing writes to its input.",
      );
    },
  );

  test.each(
    formats
      .slice(0, 3)
      .flatMap((format) =>
        [2_000_000, 1000].map((bytes) => ({ name: format.name, format, bytes })),
      ),
  )("is INPUT_CHANGED when it is cut to $bytes while read by $name", async ({ format, bytes }) => {
    using folder = new InputFolder({ a: content });
    const cut = () => truncateSync(folder.at("a"), bytes);
    const failure = await readMeanwhile(format, folder.split("a"), cut);
    expect(failure).toMatchObject({ code: "INPUT_CHANGED", data: { bytes } });
  });

  test.each(formats)(
    "is INPUT_CHANGED when it was written to before $name opened it",
    async (format) => {
      using folder = new InputFolder({ a: content });
      const split = folder.split("a");
      utimesSync(folder.at("a"), 1, 1);
      const failure = await readMeanwhile(format, split, () => {});
      expect(failure.code).toBe("INPUT_CHANGED");
      expect(failure.message).toContain("it was written to.");
    },
  );

  test("is INPUT_MISSING when it is gone", async () => {
    using folder = new InputFolder({ a: "a" });
    const split = folder.split("a");
    rmSync(folder.at("a"));
    const failure = await readMeanwhile(text(), split, () => {});
    expect(failure.code).toBe("INPUT_MISSING");
    expect(failure.message).toContain("it was there when the job was planned and is gone now");
  });
});

test("what the system refuses is INPUT_UNREADABLE, with its reason", () => {
  using folder = new InputFolder({ "a/b": "b" });
  const file = { ...folder.file("a/b"), path: folder.at("a/b/c") };
  expect(() => openSource(file, 0)).toThrow(
    `Cannot read ${file.path}: not a directory (ENOTDIR). Check that it can be opened`,
  );
  const asFile = { ...folder.file("a"), compression: "none" as const };
  const source = openSource(asFile, 0);
  expect(() => source.read(Buffer.alloc(10), 0, 10)).toThrow(
    "illegal operation on a directory (EISDIR)",
  );
  source.close();
});
