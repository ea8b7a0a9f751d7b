import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MANIFEST_FACTS } from "../../test/support/manifest-facts.ts";
import { errorOf, OutputFolder } from "../../test/support/output-folder.ts";
import { buildManifest, manifestText } from "../job/manifest.ts";
import { readManifest, verifyOutput } from "./verify-output.ts";

let folder: OutputFolder;
beforeEach(() => {
  folder = new OutputFolder();
});
afterEach(() => folder.remove());

describe("readManifest", () => {
  function write(text: string): void {
    mkdirSync(folder.path, { recursive: true });
    writeFileSync(join(folder.path, "_SUCCESS"), text);
  }

  test("gives back what was written", () => {
    const manifest = buildManifest({ ...MANIFEST_FACTS, params: { n: 1 } });
    write(manifestText(manifest));
    expect(readManifest(folder.path)).toEqual(manifest);
  });

  test("a folder without one holds no complete output", () => {
    mkdirSync(folder.path);
    const error = errorOf(() => readManifest(folder.path));
    expect(error.code).toBe("INPUT_MISSING");
    expect(error.message).toContain(`no complete output in ${folder.path}`);
  });

  test("an empty one, half a one, and one with names that lead away are refused", () => {
    const good = manifestText(buildManifest(MANIFEST_FACTS));
    const away = good.replace('"part-00000"', '"../part-00000"');
    for (const text of [
      "",
      "null",
      "[]",
      good.slice(0, 100),
      away,
      good.replace("0000abcd", "x"),
    ]) {
      write(text);
      expect(errorOf(() => readManifest(folder.path)).code).toBe("INPUT_CORRUPT");
    }
  });
});

describe("verifyOutput", () => {
  const part = () => join(folder.path, "part-00001");

  test("finds nothing wrong with an output as it was written", () => {
    folder.runJob("some text");
    expect(verifyOutput(folder.path).problems).toEqual([]);
  });

  test("tells a part that is missing", () => {
    folder.runJob("some text");
    rmSync(part());
    expect(verifyOutput(folder.path).problems).toEqual(["part-00001 is missing."]);
  });

  test("tells a part of another size, and one with other bytes", () => {
    folder.runJob("some text");
    const content = readFileSync(part());
    writeFileSync(part(), `${content}!`);
    expect(verifyOutput(folder.path).problems).toEqual([
      "part-00001 has 9 bytes, and the manifest says 8 bytes.",
    ]);
    content[3]! ^= 1;
    writeFileSync(part(), content);
    const [problem] = verifyOutput(folder.path).problems;
    expect(problem).toMatch(
      /^part-00001 has checksum [0-9a-f]{8}, and the manifest says [0-9a-f]{8}\.$/,
    );
  });

  test("tells a part that the manifest does not know, and a folder in a part's place", () => {
    folder.runJob("some text");
    writeFileSync(join(folder.path, "part-00002"), "");
    rmSync(part());
    mkdirSync(part());
    expect(verifyOutput(folder.path).problems).toEqual([
      expect.stringContaining("part-00001 cannot be read: EISDIR"),
      "part-00002 is not in the manifest.",
    ]);
  });

  test("reads parts that are larger than a block", () => {
    folder.runJob("0123456789".repeat(250_000));
    expect(verifyOutput(folder.path).problems).toEqual([]);
  });
});
