import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { errorFrom } from "../../../test/support/input-bytes.ts";
import { InputFolder } from "../../../test/support/input-folder.ts";
import { isOwnServer, TestBucket } from "../../../test/support/s3/bucket.ts";
import { seededFaults } from "../../../test/support/s3/fault-proxy.ts";
import { zeroTaskCounters } from "../counters.ts";
import { buildManifest, manifestText } from "../manifest.ts";
import { findInputFiles } from "./find-input-files.ts";

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
});
beforeEach(() => {
  bucket.server.keysPerPage = 3;
});
afterEach(() => bucket.proxy.calm());
afterAll(() => bucket.close());

/** Puts objects, each with its key as its content, but for those that stand for folders. */
async function put(...keys: string[]): Promise<void> {
  for (const key of keys) await bucket.put(key, key.endsWith("/") ? "" : key);
}

async function namesOf(...keys: string[]): Promise<string[]> {
  const found = await findInputFiles(
    keys.map((key) => bucket.url(key)),
    "/",
  );
  return found.map(({ name }) => name);
}

async function errorOf(key: string) {
  return await errorFrom(findInputFiles([bucket.url(key)], "/"));
}

describe("an input on S3", () => {
  test("is an object, with what is known of it", async () => {
    await put("one/two/three.txt.gz");
    expect(await findInputFiles([bucket.url("one/two/three.txt.gz")], "/")).toEqual([
      {
        path: bucket.url("one/two/three.txt.gz"),
        name: "three.txt.gz",
        index: 0,
        sizeBytes: "one/two/three.txt.gz".length,
        modifiedMs: expect.any(Number),
        compression: "gzip",
        etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      },
    ]);
  });

  test("is all objects below a prefix, over many pages, by the UTF-8 bytes of their keys", async () => {
    const names = ["a/b", "a.b", "z/y/x", "é", "\ufffd", "😀", "A", "a b+c%20&<>'\"", "Z"];
    await put(...names.map((name) => `all/${name}`));
    const sorted = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await namesOf("all/")).toEqual(sorted);
    expect(await namesOf("all")).toEqual(sorted);
  });

  // A server on a file system has no object with the name of a folder.
  test.runIf(isOwnServer)("may have an object with the name of a folder", async () => {
    await put("twice/a", "twice/a/b", "twice/a/c");
    expect(await namesOf("twice/")).toEqual(["a", "a/b", "a/c"]);
    expect(await namesOf("twice/*")).toEqual(["a", "a/b", "a/c"]);
    expect(await namesOf("twice/a")).toEqual(["a"]);
    expect(await namesOf("twice/a/")).toEqual(["b", "c"]);
  });

  test("leaves out hidden names and what stands for a folder", async () => {
    await put("hidden/", "hidden/a", "hidden/_b", "hidden/.c/d", "hidden/e/_SUCCESS", "hidden/f/");
    expect(await namesOf("hidden/")).toEqual(["a"]);
  });

  test("is mixed with files of this machine, in the order given", async () => {
    using folder = new InputFolder({ here: "here" });
    await put("mixed/b", "mixed/a");
    const found = await findInputFiles(["here", bucket.url("mixed/"), "here"], folder.path);
    expect(found.map(({ path, index }) => [path, index])).toEqual([
      [folder.at("here"), 0],
      [bucket.url("mixed/a"), 1],
      [bucket.url("mixed/b"), 2],
      [folder.at("here"), 3],
    ]);
  });

  test("whose name is a glob as it stands is that object", async () => {
    await put("odd/[1]*.txt", "odd/1x.txt");
    expect(await namesOf("odd/[1]*.txt")).toEqual(["[1]*.txt"]);
  });

  test("is found whatever the network does", async () => {
    await put(...Array.from({ length: 20 }, (_, i) => `calm/${i}`));
    bucket.proxy.plan = seededFaults(7, 0.15, ["reset before", "500", "503", "answer lost"]);
    expect((await namesOf("calm/")).length).toBe(20);
  });

  test("of many pages is asked for page by page", async () => {
    await put(...Array.from({ length: 7 }, (_, i) => `pages/${i}`));
    bucket.server.seen.length = 0;
    expect((await namesOf("pages/")).length).toBe(7);
    if (!isOwnServer) return;
    expect(bucket.server.seen.map(({ method, key }) => `${method} ${key}`)).toEqual(
      Array.from({ length: 3 }, () => "GET "),
    );
  });
});

/** Names that share beginnings, hidden ones among them; none is both a file and a folder. */
const part = fc.constantFrom("a", "ab", "b.txt", "c.gz", "_d", ".e", "x y");
const name = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) =>
    [...parts.slice(0, -1).map((folder) => `${folder}-`), `${parts.at(-1)}`].join("/"),
  );
const pattern = fc.constantFrom(
  "*",
  "**",
  "**/*.txt",
  "a*",
  "{a,b}*/*",
  "a-/[ab]*",
  "*/",
  "_d",
  "_*",
  "*-/?b",
  "!(a*)",
  "*-/**/b.txt",
);

test("a glob matches the same objects as it matches files", async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(name, { minLength: 1, maxLength: 8 }),
      fc.uniqueArray(pattern, { minLength: 3, maxLength: 5 }),
      async (names, patterns) => {
        const root = `globs/${round++}`;
        using folder = new InputFolder(Object.fromEntries(names.map((each) => [each, each])));
        await put(...names.map((each) => `${root}/${each}`));
        for (const glob of patterns) {
          const outcome = (found: Promise<{ name: string }[]>) =>
            found.then(
              (files) => files.map((file) => file.name),
              (error: { code: string }) => error.code,
            );
          const remote = await outcome(findInputFiles([bucket.url(`${root}/${glob}`)], "/"));
          expect(remote, glob).toEqual(await outcome(folder.find(glob)));
        }
      },
    ),
    { numRuns: 25 },
  );
});

describe("what cannot be found", () => {
  test("is INPUT_MISSING, with the key and the bucket", async () => {
    const error = await errorOf("nowhere/at-all");
    expect(error.code).toBe("INPUT_MISSING");
    expect(error.message).toBe(
      `Cannot find the input "${bucket.url("nowhere/at-all")}": no key in the bucket ` +
        `${bucket.name} is that or begins with "nowhere/at-all/". Check the key.`,
    );
    expect((await errorOf("nowhere/*.txt")).message).toContain(
      "Cannot find any input that matches",
    );
    await put("only/_hidden");
    expect((await errorOf("only/")).message).toContain("do not count");
  });

  test("is INPUT_MISSING where there is no such bucket", async () => {
    const error = await errorFrom(findInputFiles([`s3://no-${bucket.name}/a`], "/"));
    expect(error.code).toBe("INPUT_MISSING");
    expect(error.message).toContain("there is no such bucket. Check its name and the endpoint");
  });

  test("is USAGE where the URL names no bucket", async () => {
    for (const url of ["s3://", "s3:///key", "s3://*/key"]) {
      expect((await errorFrom(findInputFiles([url], "/"))).code).toBe("USAGE");
    }
  });
});

const RUN = "0123456789abcdef";
const OTHER_RUN = "fedcba9876543210";

/** Puts a manifest over these parts. */
async function publish(folder: string, ...parts: string[]): Promise<void> {
  const facts = { sheaf: "0.1.0", job: "job", finishedMs: 0, steps: [], skippedRecords: 0 };
  const counters = { task: zeroTaskCounters(), user: {} };
  const described = parts.map((name) => ({ name, records: 1, bytes: 1, crc32: "00000000" }));
  const manifest = buildManifest({ ...facts, counters, parts: described });
  await bucket.put(`${folder}/_SUCCESS`, manifestText(manifest));
}

describe("the output of a job as input", () => {
  test("is what its manifest lists and nothing else", async () => {
    await put(
      `done/part-00000-${RUN}`,
      `done/part-00001-${RUN}`,
      `done/part-00000-${OTHER_RUN}`,
      "done/notes.txt",
      "done/_logs/x",
    );
    await publish("done", `part-00000-${RUN}`, `part-00001-${RUN}`);
    const parts = [`part-00000-${RUN}`, `part-00001-${RUN}`];
    expect(await namesOf("done/")).toEqual(parts);
    expect(await namesOf("done/part-*")).toEqual(parts);
    expect(await namesOf("done/part-00001*")).toEqual([parts[1]]);
  });

  test("is so in each folder of several", async () => {
    await put(`days/1/part-00000-${RUN}.gz`, `days/2/part-00000-${RUN}.gz`, "days/3/part-00000");
    await put(`days/1/part-00000-${OTHER_RUN}.gz`);
    await publish("days/1", `part-00000-${OTHER_RUN}.gz`);
    await publish("days/2", `part-00000-${RUN}.gz`);
    const wanted = [`1/part-00000-${OTHER_RUN}.gz`, `2/part-00000-${RUN}.gz`, "3/part-00000"];
    expect(await namesOf("days")).toEqual(wanted);
    expect(await namesOf("days/*/part-*")).toEqual(wanted);
  });

  test("is refused where it is not complete", async () => {
    await put(`torn/part-00000-${RUN}`);
    const error = await errorOf("torn");
    expect(error.code).toBe("INPUT_MISSING");
    expect(error.message).toContain(
      `There is no complete output in ${bucket.url("torn/")}: it holds parts and no _SUCCESS.`,
    );
    await publish("torn", `part-00000-${RUN}`, `part-00001-${RUN}`);
    expect((await errorOf("torn")).message).toContain(`its manifest lists part-00001-${RUN}`);
    await bucket.put("torn/_SUCCESS", "");
    expect((await errorOf("torn")).code).toBe("INPUT_CORRUPT");
  });

  test("of another tool is read as it stands", async () => {
    await put("spark/_SUCCESS", "spark/part-00000-3f2c.csv", "spark/part-00001");
    expect(await namesOf("spark/")).toEqual(["part-00000-3f2c.csv", "part-00001"]);
  });
});
