import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JobFolder, jobSource } from "../../test/support/job-folder.ts";
import { bundleJob } from "./bundle-job.ts";
import type { JobBundle } from "./job-bundle.ts";
import { packBundle, unpackBundle } from "./packed-bundle.ts";

let folder: JobFolder;
beforeAll(async () => {
  folder = await JobFolder.create({ "job.ts": jobSource({ before: 'const x = "ä 🦀";' }) });
});
afterAll(() => folder.remove());

describe("packBundle", () => {
  test("makes bytes that are named by their hash and unpacked to the same bundle", async () => {
    const bundle = await bundleJob("job.ts", folder.path);
    const packed = packBundle(bundle);
    expect(packed.hash).toBe(createHash("sha256").update(packed.bytes).digest("hex"));
    expect(unpackBundle(packed.bytes)).toEqual(bundle);
  });

  test("makes the same bytes of the same job", async () => {
    const [one, other] = [
      await bundleJob("job.ts", folder.path),
      await bundleJob("job.ts", folder.path),
    ];
    expect(packBundle(one).hash).toBe(packBundle(other).hash);
  });

  test("makes other bytes of other code, sources or places", async () => {
    const bundle = await bundleJob("job.ts", folder.path);
    const others: JobBundle[] = [
      { ...bundle, code: `${bundle.code}\n` },
      { ...bundle, map: "{}" },
      { ...bundle, cwd: "/elsewhere" },
    ];
    const hashes = [bundle, ...others].map((it) => packBundle(it).hash);
    expect(new Set(hashes).size).toBe(4);
  });
});

describe("unpackBundle refuses", () => {
  const invalid = expect.objectContaining({ name: "SheafError", code: "JOB_INVALID" });

  test("whatever is no bundle", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(() => unpackBundle(bytes)).toThrow(invalid);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(() => unpackBundle(Buffer.from(json))).toThrow(invalid);
      }),
    );
  });

  test("a bundle that lacks a field, has one of another type, or another format", async () => {
    const { bytes } = packBundle(await bundleJob("job.ts", folder.path));
    const fields = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
    for (const name of Object.keys(fields)) {
      for (const wrong of [undefined, 2, null, [1]]) {
        const text = JSON.stringify({ ...fields, [name]: wrong });
        expect(() => unpackBundle(Buffer.from(text)), `${name}: ${wrong}`).toThrow(invalid);
      }
    }
  });
});
