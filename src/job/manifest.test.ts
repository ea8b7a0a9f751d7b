import { describe, expect, test } from "vitest";
import { MANIFEST_FACTS } from "../../test/support/manifest-facts.ts";
import { buildManifest, manifestText, parseManifest, runOfPart } from "./manifest.ts";

describe("manifestText", () => {
  test("is JSON for people, its fields always in one order, and ends in a line feed", () => {
    const text = manifestText(buildManifest({ ...MANIFEST_FACTS, params: { pattern: "a|b" } }));
    expect(text).toMatch(/^\{\n {2}"sheaf": "0\.1\.0",\n {2}"job": "word-count",\n/);
    expect(text).toMatch(/\n {2}"params": \{\n {4}"pattern": "a\|b"\n {2}\}\n\}\n$/);
    expect(text).toContain('"finished": "2025-01-02T03:04:05.000Z"');
  });

  test("names the run where it has a name", () => {
    const run = "0123456789abcdef";
    const text = manifestText(buildManifest({ ...MANIFEST_FACTS, run }));
    expect(parseManifest(text)).toMatchObject({ run });
  });

  test("takes params that JSON has no form for", () => {
    const params = { max: 10n ** 20n, key: Buffer.from("hi") };
    const text = manifestText(buildManifest({ ...MANIFEST_FACTS, params }));
    expect(JSON.parse(text)).toMatchObject({
      params: { max: "100000000000000000000", key: "aGk=" },
    });
  });
});

describe("parseManifest", () => {
  const withPart = (name: string): string =>
    manifestText(
      buildManifest({ ...MANIFEST_FACTS, parts: [{ ...MANIFEST_FACTS.parts[0]!, name }] }),
    );

  test("reads what was written, for parts of a folder and of S3", () => {
    for (const name of ["part-00000", "part-12345.gz", "part-00000-0123456789abcdef.gz"]) {
      expect(parseManifest(withPart(name))?.parts[0]?.name).toBe(name);
    }
  });

  test("takes no name that leaves the output, and no text of another tool", () => {
    for (const name of ["../part-00000", "part-00000-xyz", "part-00000/x"]) {
      expect(parseManifest(withPart(name))).toBeUndefined();
    }
    for (const text of ["", "{}", "null", '{"parts": []}']) {
      expect(parseManifest(text)).toBeUndefined();
    }
  });
});

test("runOfPart: the id in the name of a part on S3", () => {
  expect(runOfPart("part-00012-0123456789abcdef.gz")).toBe("0123456789abcdef");
  expect(runOfPart("part-00012.gz")).toBeUndefined();
  expect(runOfPart("data-0123456789abcdef")).toBeUndefined();
});
