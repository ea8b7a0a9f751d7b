import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOwnServer, TestBucket } from "../../test/support/s3/bucket.ts";
import { S3Store } from "../s3/s3-store.ts";
import { DEAD_AFTER_MS, isDead, RunMarker } from "./s3-run-marker.ts";

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
});
afterAll(() => bucket.close());

const location = () => ({ bucket: bucket.name, key: "out/_runs/1.json" });
const RENEWAL_MS = 20;

/** The mark of this process, and its text. */
async function written(): Promise<{ marker: RunMarker; text: string }> {
  const marker = new RunMarker(new S3Store({ role: "write" }), location(), RENEWAL_MS);
  await marker.write();
  return { marker, text: (await bucket.get(location().key)).toString() };
}

describe("RunMarker", () => {
  test.runIf(isOwnServer)("is renewed while its run lives", async () => {
    const { marker } = await written();
    const object = () => bucket.held.get(location().key);
    const first = object();
    while (object() === first) await new Promise(setImmediate);
    expect(object().modifiedMs).toBeGreaterThan(first.modifiedMs);
    marker.close();
  });

  test.runIf(isOwnServer)("that somebody has removed stays so", async () => {
    const { marker } = await written();
    await bucket.remove(location().key);
    const looks = () => bucket.server.seen.filter(({ method }) => method === "HEAD").length;
    const before = looks();
    while (looks() < before + 2) await new Promise(setImmediate);
    marker.close();
    expect(await marker.isThere()).toBe(false);
  });
});

describe("isDead", () => {
  test("is false of a process that lives, until its mark is old", async () => {
    const { marker, text } = await written();
    marker.close();
    expect(isDead(text, 0)).toBe(false);
    expect(isDead(text, DEAD_AFTER_MS)).toBe(false);
    expect(isDead(text, DEAD_AFTER_MS + 1)).toBe(true);
  });

  test("is true of a process that is gone, only where it would be here", async () => {
    const { marker, text } = await written();
    marker.close();
    const owner = { ...(JSON.parse(text) as { boot: string }), birth: "1" };
    if (owner.boot === "") return;
    expect(isDead(JSON.stringify(owner), 0)).toBe(true);
    for (const elsewhere of [{ host: `not-${hostname()}` }, { boot: "another" }, { boot: "" }]) {
      expect(isDead(JSON.stringify({ ...owner, ...elsewhere }), 0)).toBe(false);
    }
  });

  test("is false of what nobody understands, until it is old", () => {
    for (const text of ["", "null", "{}", '{"pid": -1}']) {
      expect(isDead(text, 0)).toBe(false);
      expect(isDead(text, DEAD_AFTER_MS + 1)).toBe(true);
    }
  });
});
