import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { errorFrom } from "../../test/support/input-bytes.ts";
import { TestBucket } from "../../test/support/s3/bucket.ts";
import { FAULTS } from "../../test/support/s3/fault-proxy.ts";
import { S3Store } from "./s3-store.ts";

let bucket: TestBucket;
let store: S3Store;
beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
  const pace = { random: () => 0, wait: async () => undefined };
  store = new S3Store({ role: "write", pace });
});
afterEach(() => bucket.proxy.calm());
afterAll(() => bucket.close());

const at = (key: string) => ({ bucket: bucket.name, key });

describe("S3Store", () => {
  test("writes under a condition, and says where it does not hold", async () => {
    const body = Buffer.from("one");
    expect(await store.write(at("condition"), body, { absent: true })).toBe(true);
    expect(await store.write(at("condition"), body, { absent: true })).toBe(false);
    const { etag } = (await store.look(at("condition")))!;
    expect(await store.write(at("condition"), Buffer.from("two"), { etag })).toBe(true);
    expect(await store.write(at("condition"), Buffer.from("three"), { etag })).toBe(false);
    expect(await store.write(at("nothing"), body, { etag })).toBe(false);
    expect((await store.read(at("condition"), 100))?.text).toBe("two");
  });

  test("finds that nothing is there, and removes it gladly", async () => {
    expect(await store.look(at("absent"))).toBeUndefined();
    expect(await store.read(at("absent"), 100)).toBeUndefined();
    await store.remove(at("absent"));
    await store.uploads.abort(at("absent"), "upload-0");
  });

  test("refuses to read what is larger than it can be", async () => {
    await store.write(at("large"), Buffer.alloc(1000));
    expect((await errorFrom(store.read(at("large"), 999))).message).toContain(
      "more than 999 bytes",
    );
  });

  test.each(FAULTS)('reads and writes through "%s"', async (fault) => {
    let struck = 0;
    bucket.proxy.plan = ({ method }) =>
      method === "DELETE" || struck++ % 2 === 1 ? undefined : fault;
    const key = at(`through ${fault}`);
    await store.write(key, Buffer.from("as it was"));
    expect((await store.read(key, 100))?.text).toBe("as it was");
    expect(bucket.proxy.struck.get(fault)).toBe(2);
  });

  test("shows nothing of a request in an error, however deep one looks", async () => {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = bucket.env;
    bucket.proxy.plan = () => "503";
    const refused = await errorFrom(store.look(at("secret")));
    bucket.proxy.plan = () => "reset before";
    const broken = await errorFrom(store.look(at("secret")));
    for (const error of [refused, broken]) {
      const shown = inspect(error, { depth: 20, showHidden: true });
      expect(shown).toContain("STORE_UNREACHABLE");
      for (const word of [AWS_ACCESS_KEY_ID!, AWS_SECRET_ACCESS_KEY!, "authorization", "amz-sdk"]) {
        expect(shown.toLowerCase()).not.toContain(word.toLowerCase());
      }
    }
  });
});
