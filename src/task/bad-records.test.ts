import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BAD_RECORD, errorOf, OutputFolder } from "../../test/support/output-folder.ts";
import { readBadRecords, writeBadRecords } from "./bad-records.ts";

let folder: OutputFolder;
beforeEach(() => {
  folder = new OutputFolder();
});
afterEach(() => folder.remove());

describe("writeBadRecords", () => {
  test("a line of JSON for each record, its fields always in one order", () => {
    const path = join(folder.around, "map-00003.ndjson");
    const { error, ...rest } = BAD_RECORD;
    writeBadRecords(path, [BAD_RECORD, { error: "second", ...rest }]);
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[1]).toBe(
      '{"phase":"map","task":3,"file":"logs/2024.txt","offset":4294967297,' +
        '"record":"half a \\"line","error":"second"}',
    );
    expect(readBadRecords(path)).toEqual([BAD_RECORD, { ...BAD_RECORD, error: "second" }]);
  });

  test("no file for no records", () => {
    const path = join(folder.around, "map-00003.ndjson");
    writeBadRecords(path, []);
    expect(existsSync(path)).toBe(false);
  });

  test("a folder that is gone is OUTPUT_FAILED, and a full device is NO_SPACE", () => {
    const path = join(folder.around, "gone", "x.ndjson");
    expect(errorOf(() => writeBadRecords(path, [BAD_RECORD])).code).toBe("OUTPUT_FAILED");
    if (!existsSync("/dev/full")) return;
    expect(errorOf(() => writeBadRecords("/dev/full", [BAD_RECORD])).code).toBe("NO_SPACE");
  });
});
