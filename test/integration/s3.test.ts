/**
 * Jobs with their input and output on S3: the bytes of a run on this machine, whatever the network
 * does; and whatever ends a run, a reader of the output sees all of one run or nothing.
 */

import { gzipSync } from "node:zlib";
import { SheafError } from "sheaf";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Dice, wordLines } from "../examples/support/input-folder.ts";
import { isOwnServer, TestBucket } from "../support/s3/bucket.ts";
import { FAULTS, type Fault, QUICK_FAULTS, seededFaults } from "../support/s3/fault-proxy.ts";
import { Command } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";
import { runOnS3 } from "./support/s3-run.ts";
import { textJob } from "./support/text-job.ts";

let bucket: TestBucket;
/** The prefix that a test writes to; each has its own. */
let out = "";
let tests = 0;

beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
});
beforeEach(() => {
  out = `out-${tests++}`;
});
afterEach(() => bucket.proxy.calm());
afterAll(() => bucket.close());

const WORD_COUNT = textJob(`  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { for (const word of words(line)) emit(word, 1); },
  combine: sum,
  reduce: sum,`);
const SORT = jobFile({
  definition: `  input: text({ as: "bytes", exact: true }),
  intermediate: { key: bytes(), value: bytes() },
  partition: range(),
  map(_position, line, emit) { emit(line, line.slice(0, 0)); },
  reduce: identity,
  output: textOutput({ only: "keys" }),`,
});
/** Every word with the files it is in: the names of inputs show in the output. */
const INDEX = jobFile({
  definition: `  input: files(),
  intermediate: { key: string(), value: string() },
  map(path, content, emit) { for (const word of words(content)) emit(word, path); },
  reduce(_word, paths, emit) { emit([...new Set(paths)].sort().join(",")); },`,
});

const dice = new Dice(1);
const INPUT: Readonly<Record<string, Uint8Array>> = {
  "a.txt": Buffer.from(`${wordLines(dice, 800).join("\n")}\n`),
  "b/c.txt.gz": gzipSync(wordLines(dice, 300).join("\n")),
  "b/d.txt": Buffer.from(wordLines(dice, 50).join("\n")),
};
beforeAll(async () => {
  for (const [name, body] of Object.entries(INPUT)) await bucket.put(`in/${name}`, body);
});

function folderWith(job: string): RunFolder {
  const files = Object.entries(INPUT).map(([name, body]) => [`in/${name}`, body] as const);
  return new RunFolder({ "job.ts": job, ...Object.fromEntries(files) });
}

/** The names below the output, the ids of runs being shown as "RUN". */
async function names(): Promise<string[]> {
  const keys = await bucket.keys(`${out}/`);
  return keys.map((key) => key.slice(out.length + 1).replace(/[0-9a-f]{16}/, "RUN"));
}

async function uploads(): Promise<string[]> {
  return (await bucket.uploads()).filter((key) => key.startsWith(`${out}/`));
}

const WHOLE = ["_SUCCESS", "part-00000-RUN", "part-00001-RUN"];

describe("a job on S3 puts out what it does on this machine", () => {
  test.each([
    ["word count", WORD_COUNT],
    ["sort", SORT],
    ["an index of files by their names", INDEX],
  ])("%s, and warns of nothing", async (_name, job) => {
    using folder = folderWith(job);
    const local = await folder.run({ partitions: 4 });
    const inputs = [bucket.url("in/")];
    const remote = await runOnS3(folder, bucket, {
      inputs,
      output: bucket.url(out),
      partitions: 4,
    });
    expect(remote.parts).toEqual(local.parts);
    expect(remote.parts.every((part) => part.length > 0)).toBe(true);
    expect(remote.events.filter(({ type }) => type === "warning")).toEqual([]);
    expect(await uploads()).toEqual([]);
    const output = bucket.url(`${out}-inline`);
    const options = { inputs, output, partitions: 4, inline: true };
    const sequential = await runOnS3(folder, bucket, options);
    expect(sequential.parts).toEqual(local.parts);
  });

  test.each([1, 2, 3])("through every kind of fault (seed %i)", async (seed) => {
    using folder = folderWith(seed % 2 === 0 ? SORT : WORD_COUNT);
    const local = await folder.run({ partitions: 4 });
    bucket.proxy.plan = seededFaults(seed, 0.15, seed === 1 ? FAULTS : QUICK_FAULTS);
    const inputs = [bucket.url("in/")];
    const remote = await runOnS3(folder, bucket, {
      inputs,
      output: bucket.url(out),
      partitions: 4,
    });
    const { struck } = bucket.proxy;
    expect([...struck.values()].reduce((sum, count) => sum + count)).toBeGreaterThan(0);
    bucket.proxy.calm();
    expect(remote.parts).toEqual(local.parts);
    expect(await uploads()).toEqual([]);
  });

  test("from objects and files together, and what it put out can be read on", async () => {
    using folder = folderWith(WORD_COUNT);
    const mixed = { inputs: [folder.at("in/a.txt"), bucket.url("in/b")] };
    const local = await folder.run({ inputs: [folder.at("in/a.txt"), folder.at("in/b")] });
    const first = await runOnS3(folder, bucket, { ...mixed, output: bucket.url(out) });
    expect(first.parts).toEqual(local.parts);
    // A run that died in its commit has left a part there.
    await bucket.put(`${out}/part-00000-dead0dead0dead00`, "poison\n");
    const next = await folder.run({ inputs: [bucket.url(out)] });
    const nextLocal = await folder.run({ inputs: [local.result.output] });
    expect(next.parts).toEqual(nextLocal.parts);
  });

  test("with bad records and consoles kept beside it, by the URLs of the objects", async () => {
    using folder = folderWith(
      textJob(`  intermediate: { key: string(), value: int() },
  map({ offset }, line, emit) {
    if (offset === 0) { console.log("at 0"); throw new Error("never"); }
    emit(line, 1);
  },
  reduce: sum,`),
    );
    const inputs = [bucket.url("in/b/d.txt")];
    const options = { inputs, output: bucket.url(out), skipBadRecords: 5 };
    const { result } = await runOnS3(folder, bucket, options);
    expect(result.skippedRecords).toBe(1);
    const [bad] = await bucket.keys(`${out}/_bad/`);
    expect(JSON.parse((await bucket.get(bad!)).toString())).toMatchObject({
      file: bucket.url("in/b/d.txt"),
      offset: 0,
    });
    expect((await names()).filter((name) => name.startsWith("_logs"))).toEqual([
      "_logs/RUN/map-00000.log",
    ]);
  });
});

/** Starts `sheaf run` on the input in the bucket. */
function start(
  folder: RunFolder,
  words: readonly string[] = [],
  env: Readonly<Record<string, string | undefined>> = {},
): Command {
  const call = ["run", "job.ts", bucket.url("in/"), "-o", bucket.url(out), "-R", "2"];
  const all = [...call, "--work-dir", "work", ...words];
  return new Command(folder.path, all, false, bucket.childEnv(env));
}

/** Lets no piece of an upload be answered, and resolves when one has come. */
async function uploadBegan(): Promise<void> {
  await new Promise<void>((resolve) => {
    bucket.proxy.plan = ({ method, url = "" }): Fault | undefined => {
      if (method !== "PUT" || !url.includes("partNumber")) return undefined;
      resolve();
      return "no answer";
    };
  });
}

describe("whatever ends a run", () => {
  test("kill -9 amid uploads leaves no output, and the next run clears the rest away", async () => {
    using folder = folderWith(WORD_COUNT);
    const command = start(folder);
    await uploadBegan();
    command.process.kill("SIGKILL");
    await command.ended();
    bucket.proxy.calm();
    expect(await names()).toEqual(["_runs/RUN.json"]);
    expect((await uploads()).length).toBeGreaterThan(0);
    const { code, stderr } = await start(folder).ended();
    expect(stderr).toContain("done");
    expect(code).toBe(0);
    expect(await names()).toEqual(WHOLE);
    expect(await uploads()).toEqual([]);
  });

  test("Ctrl-C amid uploads leaves nothing", async () => {
    using folder = folderWith(WORD_COUNT);
    const command = start(folder);
    await uploadBegan();
    command.process.kill("SIGINT");
    const { code } = await command.ended();
    expect(code).toBe(130);
    expect(await names()).toEqual([]);
    expect(await uploads()).toEqual([]);
  });

  test("a failure leaves the old output, and nothing of its own", async () => {
    using folder = folderWith(WORD_COUNT);
    expect((await start(folder).ended()).code).toBe(0);
    const before = await bucket.keys(`${out}/`);
    folder.write(
      "job.ts",
      WORD_COUNT.replace("reduce: sum", "reduce() { throw new Error('no'); }"),
    );
    const { code } = await start(folder, ["--overwrite"]).ended();
    expect(code).toBe(1);
    expect(await bucket.keys(`${out}/`)).toEqual(before);
    expect(await uploads()).toEqual([]);
  });

  test("an object that changes amid the run is told as that", async () => {
    await bucket.put("changing/a.txt", INPUT["a.txt"]!);
    using folder = folderWith(WORD_COUNT);
    bucket.proxy.plan = ({ headers }) => (headers.range === undefined ? undefined : "no answer");
    const inputs = [bucket.url("changing/")];
    const waiting = runOnS3(folder, bucket, { inputs, output: bucket.url(out) });
    waiting.catch(() => undefined);
    while (!bucket.proxy.struck.has("no answer")) await new Promise(setImmediate);
    await bucket.put("changing/a.txt", "something else");
    bucket.proxy.calm();
    const error = await waiting.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(SheafError);
    expect((error as SheafError).code).toBe("INPUT_CHANGED");
    expect(await names()).toEqual([]);
  });
});

describe("an output that is there", () => {
  test("is refused, and replaced with --overwrite", async () => {
    using folder = folderWith(WORD_COUNT);
    expect((await start(folder).ended()).code).toBe(0);
    const old = await bucket.keys(`${out}/`);
    const refused = await start(folder).ended();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(`The output ${bucket.url(out)} holds data: 2 parts`);
    const replaced = await start(folder, ["--overwrite"]).ended();
    expect(replaced.code).toBe(0);
    expect(replaced.stderr).toContain(bucket.url(out));
    expect(await names()).toEqual(WHOLE);
    const fresh = await bucket.keys(`${out}/`);
    expect(fresh.filter((key) => old.includes(key))).toEqual([`${out}/_SUCCESS`]);
  });

  test("is written by one of two runs that race for it", async () => {
    using folder = folderWith(WORD_COUNT);
    const ended = await Promise.all([start(folder).ended(), start(folder).ended()]);
    const codes = ended.map(({ code }) => code).sort();
    // The second may come before the first has committed, or after.
    expect([[0, 1].join(), [0, 2].join()]).toContain(codes.join());
    expect(await names()).toEqual(WHOLE);
    expect(await uploads()).toEqual([]);
  });
});

const SECRETS = { AWS_ACCESS_KEY_ID: "AKWRONG", AWS_SECRET_ACCESS_KEY: "hush/hush" };
const NONE = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:1";

describe("what keeps a run from S3 is told with what to do, before anything runs", () => {
  const troubles: [string, Record<string, string | undefined>, string, number][] = [
    ["no credentials", NONE, "there are no credentials for S3. Set AWS_ACCESS_KEY_ID and", 2],
    [
      "a profile that is not there",
      { ...NONE, AWS_PROFILE: "absent" },
      'the profile "absent" (AWS_PROFILE) gives no credentials. Check ~/.aws/credentials',
      2,
    ],
    ["a wrong key", SECRETS, "does not know the access key. Check AWS_ACCESS_KEY_ID", 2],
    [
      "a wrong secret",
      { AWS_SECRET_ACCESS_KEY: "hush/hush" },
      "says that the secret key does not fit the access key. Check AWS_SECRET_ACCESS_KEY.",
      2,
    ],
    [
      "a session token that is not known",
      { AWS_SESSION_TOKEN: "hush/hush" },
      "does not know the session token. Check AWS_SESSION_TOKEN, or unset it.",
      2,
    ],
    [
      "no region, which Amazon must know",
      { AWS_REGION: undefined, AWS_ENDPOINT_URL_S3: undefined, AWS_CONFIG_FILE: "absent" },
      "no region is set. Set AWS_REGION to the region of the bucket, or give the profile one in",
      2,
    ],
    ["a wrong region", { AWS_REGION: "mars-1" }, "Set AWS_REGION=", 2],
    [
      "an endpoint that is not there",
      { AWS_ENDPOINT_URL_S3: NOWHERE },
      `${NOWHERE} refused the connection (ECONNREFUSED), 4 times. Check the network`,
      1,
    ],
    ["a setting that is no number", { AWS_MAX_ATTEMPTS: "many" }, "AWS_MAX_ATTEMPTS is", 2],
  ];
  // Other servers have other words for it.
  const told = isOwnServer ? troubles : troubles.filter(([name]) => name !== "a wrong key");

  test.each(told)("%s", async (_name, env, message, exitCode) => {
    using folder = folderWith(WORD_COUNT);
    const run = (input: string, output: string) => {
      const words = ["run", "job.ts", input, "-o", output, "--work-dir", "work", "--json"];
      return new Command(folder.path, words, false, bucket.childEnv(env)).ended();
    };
    // A prefix, an object, and an input on this machine whose output would be there.
    const ended = await Promise.all([
      run(bucket.url("in/"), bucket.url(out)),
      run(bucket.url("in/a.txt"), "out"),
      run("in", bucket.url(out)),
    ]);
    for (const { code, stderr, stdout } of ended) {
      expect(stderr).toContain(message);
      expect(code).toBe(exitCode);
      expect(`${stdout}${stderr}`).not.toMatch(/hush|secret\+key|This is a bug/);
    }
    expect(await names()).toEqual([]);
  });

  test("a bucket that is not there", async () => {
    using folder = folderWith(WORD_COUNT);
    const missing = `s3://absent-${bucket.name}`;
    const work = ["--work-dir", "work"];
    const run = (...words: string[]) =>
      new Command(folder.path, ["run", "job.ts", ...words, ...work], false, bucket.childEnv());
    const input = await run(`${missing}/in/`, "-o", "out").ended();
    expect(input.stderr).toContain(`Cannot list ${missing}/in/: there is no such bucket.`);
    expect(input.code).toBe(2);
    const output = await run("in", "-o", `${missing}/out`).ended();
    expect(output.stderr).toContain("there is no such bucket. Check its name and the endpoint");
    expect(output.stderr).toContain("or create it.");
    expect(output.code).toBe(2);
  });

  test("credentials of a profile are found, and the region and endpoint that stand there", async () => {
    using folder = folderWith(WORD_COUNT);
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL_S3 } =
      bucket.env;
    folder.write(
      "credentials",
      `[mine]\naws_access_key_id = ${AWS_ACCESS_KEY_ID}\n` +
        `aws_secret_access_key = ${AWS_SECRET_ACCESS_KEY}\n`,
    );
    folder.write(
      "config",
      `[profile mine]\nregion = ${AWS_REGION}\nendpoint_url = ${AWS_ENDPOINT_URL_S3}\n`,
    );
    const { code, stderr } = await start(folder, [], {
      ...NONE,
      AWS_PROFILE: "mine",
      AWS_REGION: undefined,
      AWS_ENDPOINT_URL_S3: undefined,
      AWS_SHARED_CREDENTIALS_FILE: folder.at("credentials"),
      AWS_CONFIG_FILE: folder.at("config"),
    }).ended();
    expect(stderr).toContain("done");
    expect(code).toBe(0);
  });
});

/** Tells, from the thread that runs it, whether the library of S3 is loaded there. */
const LOADED = jobFile({
  before: 'import Module from "node:module";',
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, _line, emit) {
    const loaded = Object.keys(Module._cache).some((path) => path.includes("@aws-sdk"));
    emit(loaded ? "loaded" : "not loaded", 1);
  },
  combine: sum,
  reduce: sum,`,
});

test("a run that has nothing on S3 does not load its library, in no thread", async () => {
  using folder = new RunFolder({ "job.ts": LOADED, "in/a.txt": "a\n" });
  for (const inline of [false, true]) {
    const words = ["run", "job.ts", "in", "-o", `out-${inline}`, "--work-dir", "work"];
    const command = new Command(folder.path, inline ? [...words, "--inline"] : words);
    expect((await command.ended()).code).toBe(0);
    expect(folder.read(`out-${inline}/part-00000`)).toBe("not loaded\t1\n");
  }
  await bucket.put("one/a.txt", "a\n");
  const ran = await runOnS3(folder, bucket, {
    inputs: [bucket.url("one/")],
    output: bucket.url(out),
    partitions: 1,
  });
  expect(ran.parts).toEqual(["loaded\t1\n"]);
});
