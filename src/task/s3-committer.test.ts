import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { errorFrom } from "../../test/support/input-bytes.ts";
import { BAD_RECORD, manifestOf } from "../../test/support/output-folder.ts";
import { isOwnServer, TestBucket } from "../../test/support/s3/bucket.ts";
import { FAULTS, seededFaults } from "../../test/support/s3/fault-proxy.ts";
import { UPLOAD_PIECE_BYTES } from "../base/limits.ts";
import { findInputFiles } from "../job/input/find-input-files.ts";
import { S3Store } from "../s3/s3-store.ts";
import type { OutputCommitterOptions } from "./output-committer.ts";
import { deliver } from "./part-upload.ts";
import { PartWriter } from "./part-writer.ts";
import { S3Committer } from "./s3-committer.ts";
import type { WrittenPart } from "./task-spec.ts";

let bucket: TestBucket;
let folder: string;
/** The prefix that a test writes to; each has its own. */
let out = "";
let tests = 0;
let jobs = 0;

beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
  folder = mkdtempSync(join(tmpdir(), "sheaf-s3-committer-"));
});
beforeEach(() => {
  out = `out-${tests++}`;
});
afterEach(() => bucket.proxy.calm());
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bucket.close();
});

/** Tries as often as ever, without the waits. */
const hasty = (): S3Store =>
  new S3Store({ role: "write", pace: { random: () => 0, wait: async () => undefined } });

function committer(options: Partial<OutputCommitterOptions> = {}): S3Committer {
  const jobId = (jobs++).toString(16).padStart(16, "0");
  const output = bucket.url(out);
  const defaults = { output, overwrite: false, jobId, compression: "none" } as const;
  return new S3Committer({ ...defaults, ...options }, hasty());
}

/** A committer that may write, with a folder of its own. */
async function prepared(options: Partial<OutputCommitterOptions> = {}): Promise<S3Committer> {
  const job = committer(options);
  await job.check([]);
  await job.prepare(mkdtempSync(join(folder, "work-")));
  return job;
}

/** Writes and uploads a part as an attempt does. */
async function attempt(
  job: S3Committer,
  partition: number,
  ordinal: number,
  content: string | Buffer,
): Promise<WrittenPart> {
  const outputPath = job.partPath(partition, ordinal);
  const writer = new PartWriter(outputPath, "none");
  if (typeof content === "string") writer.writer.writeText(content);
  else writer.writer.writeBytes(content, 0, content.length);
  const part = { records: 1, ...writer.finish() };
  return await deliver(part, { outputPath, upload: job.uploadTarget(partition) }, () => undefined);
}

/** A whole job whose two parts together hold `text`. */
async function runJob(text: string, options: Partial<OutputCommitterOptions> = {}) {
  const job = await prepared(options);
  job.commitTask(0, 0, await attempt(job, 0, 0, text.slice(0, 1)));
  job.commitTask(1, 0, await attempt(job, 1, 0, text.slice(1)));
  await job.commitJob(manifestOf(job));
}

/** What a reader that follows the manifest sees. */
async function text(): Promise<string> {
  const files = await findInputFiles([bucket.url(out)], "/");
  const bodies: string[] = [];
  for (const { path } of files)
    bodies.push((await bucket.get(path.slice(bucket.url().length))).toString());
  return bodies.join("");
}

/** The names below the output, the ids of runs being shown as "RUN". */
async function names(): Promise<string[]> {
  const keys = await bucket.keys(`${out}/`);
  return keys.map((key) => key.slice(out.length + 1).replace(/[0-9a-f]{16}/, "RUN"));
}

const uploadsLeft = async () => (await bucket.uploads()).filter((key) => key.startsWith(`${out}/`));

describe("S3Committer", () => {
  test("parts appear with their manifest, and nothing else stays", async () => {
    const job = await prepared();
    const one = await attempt(job, 1, 0, "b\n");
    const part = job.commitTask(0, 2, await attempt(job, 0, 2, "a\n"));
    expect(part.name).toMatch(/^part-00000-[0-9a-f]{16}$/);
    job.commitTask(1, 0, one);
    // Uploads are no objects yet.
    expect(await names()).toEqual(["_runs/RUN.json"]);
    await job.commitJob(manifestOf(job));
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN", "part-00001-RUN"]);
    expect(await text()).toBe("a\nb\n");
    expect(await uploadsLeft()).toEqual([]);
    expect(job.output).toBe(bucket.url(out));
    await job.abort();
    expect(await text()).toBe("a\nb\n");
  });

  test("compressed parts are named .gz", async () => {
    const job = await prepared({ compression: "gzip" });
    const part = job.commitTask(3, 0, await attempt(job, 3, 0, "x"));
    expect(part.name).toMatch(/^part-00003-[0-9a-f]{16}\.gz$/);
    await job.abort();
  });

  test("an empty part is an empty object", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, ""));
    await job.commitJob(manifestOf(job));
    expect(await text()).toBe("");
    expect(await names()).toContain("part-00000-RUN");
  });

  test("a large part goes in pieces, and arrives as it was", async () => {
    const job = await prepared();
    const body = Buffer.alloc(2 * UPLOAD_PIECE_BYTES + 1000, "0123456789abcdefg");
    const written = await attempt(job, 0, 0, body);
    expect(written.upload?.pieces.map(({ number }) => number)).toEqual([1, 2, 3]);
    const { name } = job.commitTask(0, 0, written);
    await job.commitJob(manifestOf(job));
    expect((await bucket.get(`${out}/${name}`)).equals(body)).toBe(true);
  });

  test("a partition has one winner; a later one's upload is given up", async () => {
    const job = await prepared();
    const late = await attempt(job, 0, 1, "late");
    const won = job.commitTask(0, 0, await attempt(job, 0, 0, "first"));
    expect(job.commitTask(0, 1, late)).toEqual(won);
    await job.commitJob(manifestOf(job));
    expect(await text()).toBe("first");
    expect(await uploadsLeft()).toEqual([]);
  });

  test("what attempts that died have uploaded is given up", async () => {
    const job = await prepared();
    // It has uploaded everything, and nobody hears of it.
    await attempt(job, 0, 0, "died");
    job.commitTask(0, 1, await attempt(job, 0, 1, "won"));
    await job.commitJob(manifestOf(job));
    expect(await text()).toBe("won");
    expect(await uploadsLeft()).toEqual([]);
  });

  test("a zombie that uploads after the commit changes nothing", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, "won"));
    const target = job.uploadTarget(0);
    await job.commitJob(manifestOf(job));
    const path = join(folder, "zombie");
    writeFileSync(path, "zombie");
    const part = { records: 1, bytes: 6, crc32: "00000000" };
    await deliver(part, { outputPath: path, upload: target }, () => undefined);
    expect(await text()).toBe("won");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN"]);
  });

  test("an attempt that cannot upload leaves nothing", async () => {
    const job = await prepared();
    const target = job.uploadTarget(0);
    const part = { records: 1, bytes: 10, crc32: "00000000" };
    const lost = deliver(part, { outputPath: join(folder, "none"), upload: target }, () => {});
    await expect(lost).rejects.toThrow("no such file");
    expect(await uploadsLeft()).toEqual([]);
    await job.abort();
  });

  test("bad records and consoles come with the output, below the run's id", async () => {
    const job = await prepared();
    const label = { phase: "map", task: 3, attempt: 1 } as const;
    job.sideFiles.write(label, { bad: [BAD_RECORD], log: "hello\n" });
    job.sideFiles.commit(label);
    job.sideFiles.write({ ...label, attempt: 0 }, { bad: [], log: "died" });
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    await job.commitJob(manifestOf(job));
    expect(await names()).toEqual([
      "_SUCCESS",
      "_bad/RUN/map-00003.ndjson",
      "_logs/RUN/map-00003.log",
      "part-00000-RUN",
    ]);
  });

  test("abort removes all that the run has made", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    await attempt(job, 1, 0, "died");
    await job.abort();
    expect(await names()).toEqual([]);
    expect(await uploadsLeft()).toEqual([]);
  });

  test("a run that is taken for dead does not commit", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    for (const key of await bucket.keys(`${out}/_runs/`)) await bucket.remove(key);
    const error = await errorFrom(job.commitJob(manifestOf(job)));
    expect(error.code).toBe("OUTPUT_FAILED");
    expect(error.message).toContain("took it for dead");
    await job.abort();
    expect(await names()).toEqual([]);
  });
});

describe("an output that is there", () => {
  test("is refused, and stays as it is", async () => {
    await runJob("old");
    const error = await errorFrom(committer().check([]));
    expect(error.code).toBe("OUTPUT_EXISTS");
    expect(error.message).toContain("holds data: 2 parts of a run of test.");
    expect(await text()).toBe("old");
  });

  test("is replaced with overwrite, at the moment of the commit", async () => {
    await runJob("old");
    const job = await prepared({ overwrite: true });
    job.commitTask(0, 0, await attempt(job, 0, 0, "new"));
    expect(await text()).toBe("old");
    await job.commitJob(manifestOf(job));
    expect(await text()).toBe("new");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN"]);
  });

  test("stays when the run that would replace it fails", async () => {
    await runJob("old");
    const job = await prepared({ overwrite: true });
    job.commitTask(0, 0, await attempt(job, 0, 0, "new"));
    await job.abort();
    expect(await text()).toBe("old");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN", "part-00001-RUN"]);
  });

  test("of something else is refused even with overwrite", async () => {
    await bucket.put(`${out}/photos/one.jpg`, "x");
    const error = await errorFrom(committer({ overwrite: true }).check([]));
    expect(error.code).toBe("OUTPUT_EXISTS");
    expect(error.message).toContain("holds data that is no output of a job (photos/one.jpg)");
    expect(await names()).toEqual(["photos/one.jpg"]);
  });

  test("of another tool is refused even with overwrite", async () => {
    await bucket.put(`${out}/_SUCCESS`, "");
    expect((await errorFrom(committer({ overwrite: true }).check([]))).code).toBe("OUTPUT_EXISTS");
  });

  test("is no output while it is only a folder of the console", async () => {
    await bucket.put(`${out}/`, "");
    await runJob("new");
    expect(await text()).toBe("new");
  });

  test("cannot be the place of the input", async () => {
    const error = await errorFrom(committer().check(["/a", bucket.url(`${out}/in/a`)]));
    expect(error.code).toBe("USAGE");
    expect(error.message).toContain("it holds the input");
  });
});

describe("two runs that race for one output", () => {
  test("have one winner; the other knows, and takes its parts away", async () => {
    const [one, two] = [await prepared(), await prepared()];
    one.commitTask(0, 0, await attempt(one, 0, 0, "one"));
    two.commitTask(0, 0, await attempt(two, 0, 0, "two"));
    const ended = await Promise.allSettled([
      one.commitJob(manifestOf(one)),
      two.commitJob(manifestOf(two)),
    ]);
    await Promise.all([one.abort(), two.abort()]);
    const losers = ended.filter(({ status }) => status === "rejected");
    expect(losers).toHaveLength(1);
    expect((losers[0] as PromiseRejectedResult).reason).toMatchObject({ code: "OUTPUT_EXISTS" });
    expect(await text()).toBe(ended[0].status === "fulfilled" ? "one" : "two");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN"]);
  });

  test("with overwrite replace one another, and one of them stays as a whole", async () => {
    const options = { overwrite: true };
    const runs = await Promise.all(Array.from({ length: 4 }, () => prepared(options)));
    for (const [index, job] of runs.entries()) {
      job.commitTask(0, 0, await attempt(job, 0, 0, `${index}`));
      job.commitTask(1, 0, await attempt(job, 1, 0, `${index}`));
    }
    await Promise.all(runs.map((job) => job.commitJob(manifestOf(job))));
    expect(await text()).toMatch(/^(\d)\1$/);
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN", "part-00001-RUN"]);
  });

  test("leave each other alone: one that is under way is no leftover", async () => {
    const one = await prepared();
    one.commitTask(0, 0, await attempt(one, 0, 0, "one"));
    const two = await prepared();
    await two.abort();
    await one.commitJob(manifestOf(one));
    expect(await text()).toBe("one");
  });
});

const BOOT_ID = "/proc/sys/kernel/random/boot_id";
/** Which life of this machine it is, where the system says so; else no run here is known to be dead. */
const boot = existsSync(BOOT_ID) ? readFileSync(BOOT_ID, "utf8").trim() : "";

/** The mark of a run that died on this machine: no process has this number. */
function deadMark(changes: object = {}): string {
  return JSON.stringify({ pid: 2 ** 22 + 1, host: hostname(), boot, birth: "1", ...changes });
}

const DEAD = "dead0dead0dead00";

/** What a run that was killed in the middle of its commit leaves. */
async function leaveDead(mark: string): Promise<void> {
  await bucket.put(`${out}/_runs/${DEAD}.json`, mark);
  await bucket.put(`${out}/part-00000-${DEAD}`, "dead");
  await bucket.put(`${out}/_logs/${DEAD}/map-00000.log`, "dead");
  await bucket.put(`${out}/_steps/${DEAD}/runs-0-1/run-0-0`, "dead");
  await bucket.beginUpload(`${out}/_steps/${DEAD}/runs-0-1/run-1-0`);
  await bucket.beginUpload(`${out}/part-00001-${DEAD}`);
}

describe("what a dead run has left", () => {
  test.skipIf(boot === "")(
    "is no data, and the next run with this output clears it away",
    async () => {
      await leaveDead(deadMark());
      await runJob("new");
      expect(await text()).toBe("new");
      expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN", "part-00001-RUN"]);
      expect(await uploadsLeft()).toEqual([]);
    },
  );

  test.skipIf(boot === "")(
    "is cleared away beside an old output, which stays until the commit",
    async () => {
      await runJob("old");
      await leaveDead(deadMark());
      expect(await text()).toBe("old");
      const job = await prepared({ overwrite: true });
      expect(await text()).toBe("old");
      expect(await names()).toEqual([
        "_SUCCESS",
        "_runs/RUN.json",
        "part-00000-RUN",
        "part-00001-RUN",
      ]);
      await job.abort();
    },
  );

  test("stays while its process may live on another machine", async () => {
    await leaveDead(deadMark({ host: "elsewhere" }));
    const job = await prepared();
    expect(await names()).toContain("part-00000-RUN");
    expect(await names()).toContain("_steps/RUN/runs-0-1/run-0-0");
    expect((await uploadsLeft()).sort()).toEqual([
      `${out}/_steps/${DEAD}/runs-0-1/run-1-0`,
      `${out}/part-00001-${DEAD}`,
    ]);
    await job.abort();
  });

  test.runIf(isOwnServer)("goes when nobody has renewed its mark for long", async () => {
    await leaveDead(deadMark({ host: "elsewhere" }));
    bucket.held.get(`${out}/_runs/${DEAD}.json`).modifiedMs -= 16 * 60_000;
    await runJob("new");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN", "part-00001-RUN"]);
    expect(await uploadsLeft()).toEqual([]);
  });

  test.runIf(isOwnServer)("goes without a mark, but only when it is old", async () => {
    await bucket.put(`${out}/part-00000-${DEAD}`, "dead");
    const id = await bucket.beginUpload(`${out}/part-00001-${DEAD}`);
    const first = await prepared();
    await first.abort();
    expect(await names()).toEqual(["part-00000-RUN"]);
    bucket.held.get(`${out}/part-00000-${DEAD}`).modifiedMs -= 16 * 60_000;
    bucket.held.uploads.get(id)!.startedMs -= 16 * 60_000;
    const second = await prepared();
    await second.abort();
    expect(await names()).toEqual([]);
    expect(await uploadsLeft()).toEqual([]);
  });
});

/** Two masters of one cluster, for one run. */
const RUN = "0123456789abcdef";
const MAP = { phase: "map", task: 3, attempt: 1 } as const;

/** A master's committer that goes on with what another one has prepared. */
async function resumed(options: Partial<OutputCommitterOptions> = {}): Promise<S3Committer> {
  const job = committer({ jobId: RUN, ...options });
  expect(await job.published()).toBeUndefined();
  expect(await job.resume(mkdtempSync(join(folder, "work-")))).toBe(true);
  return job;
}

describe("a master that goes on where another one was killed", () => {
  test("commits what the dead one had been told of, and what it was not", async () => {
    const dead = await prepared({ jobId: RUN });
    const first = await attempt(dead, 0, 0, "a");
    dead.commitTask(0, 0, first);
    const second = await attempt(dead, 1, 1, "b");
    // An attempt that nobody hears of.
    await attempt(dead, 1, 0, "died");
    const job = await resumed();
    // As often as the log has attempts of them.
    for (const partition of [0, 1, 1]) job.uploadTarget(partition);
    job.commitTask(0, 0, first);
    job.commitTask(1, 1, second);
    await job.commitJob(manifestOf(job, RUN));
    expect(await text()).toBe("ab");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN", "part-00001-RUN"]);
    expect(await uploadsLeft()).toEqual([]);
  });

  test("has nothing to go on with where nothing was prepared, or all was cleared away", async () => {
    const job = committer({ jobId: RUN });
    expect(await job.resume(mkdtempSync(join(folder, "work-")))).toBe(false);
    await job.abort();
    expect(await names()).toEqual([]);
  });

  test("publishes the same output when the other one is not dead at all", async () => {
    await runJob("old");
    const options = { jobId: RUN, overwrite: true };
    const one = await prepared(options);
    const part = await attempt(one, 0, 0, "new");
    const two = await resumed({ overwrite: true });
    two.uploadTarget(0);
    for (const job of [one, two]) job.commitTask(0, 0, part);
    const ended = await Promise.allSettled([
      one.commitJob(manifestOf(one, RUN)),
      two.commitJob({ ...manifestOf(two, RUN), finished: "at another time" }),
    ]);
    // The later one may find that the mark is gone, and asks then what was published.
    expect(ended.some(({ status }) => status === "fulfilled")).toBe(true);
    for (const job of [one, two]) {
      expect((await job.published())?.run).toBe(RUN);
      await job.abort();
    }
    expect(await text()).toBe("new");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN"]);
  });

  test("clears away what the other one had no time for when it had published", async () => {
    await runJob("old");
    const dead = await prepared({ jobId: RUN, overwrite: true });
    await bucket.put(`${out}/_steps/${RUN}/runs-0-1/run-0-0`, "served");
    dead.commitTask(0, 0, await attempt(dead, 0, 1, "new"));
    await attempt(dead, 0, 0, "lost the race");
    // From its manifest on nothing that it asks for is done.
    let isOver = false;
    bucket.proxy.plan = ({ method, url = "" }) => {
      if (isOver) return "503";
      isOver = method === "PUT" && url.includes("_SUCCESS");
      return isOver ? "answer lost" : undefined;
    };
    await dead.commitJob(manifestOf(dead, RUN)).catch(() => undefined);
    bucket.proxy.calm();
    expect(await names()).toHaveLength(6);
    const job = committer({ jobId: RUN, overwrite: true });
    expect((await job.published())?.parts).toEqual(dead.parts);
    expect(await text()).toBe("new");
    expect(await names()).toEqual(["_SUCCESS", "part-00000-RUN"]);
    expect(await uploadsLeft()).toEqual([]);
  });

  test("leaves an output that is another run's", async () => {
    await runJob("old");
    expect(await committer({ jobId: RUN }).published()).toBeUndefined();
    expect(await text()).toBe("old");
  });

  test("removes all that the dead one has made, when the job fails", async () => {
    const dead = await prepared({ jobId: RUN });
    await dead.preserve(MAP, { bad: [], log: "hello\n" });
    await bucket.put(`${out}/_steps/${RUN}/runs-0-1/run-0-0`, "a run");
    await bucket.beginUpload(`${out}/_steps/${RUN}/runs-0-1/run-1-0`);
    await attempt(dead, 0, 0, "a");
    const job = await resumed();
    await job.abort();
    expect(await names()).toEqual([]);
    expect(await uploadsLeft()).toEqual([]);
  });

  test("publishes bad records and consoles that the dead one has kept", async () => {
    const dead = await prepared({ jobId: RUN });
    const earlier = { ...MAP, step: { step: 0, iteration: 1 } };
    const lost = { ...MAP, attempt: 0 };
    await dead.preserve(earlier, { bad: [], log: "of a step that is over\n" });
    await dead.preserve(lost, { bad: [], log: "lost the race\n" });
    await dead.preserve(MAP, { bad: [BAD_RECORD], log: "won\n" });
    const part = await attempt(dead, 0, 0, "a");
    expect(await names()).toContain("_steps/RUN/_bad/map-00003.ndjson.attempt-1");
    const job = await resumed();
    // It is told of the winners of the step that runs, and of no other.
    job.sideFiles.commit(MAP);
    job.commitTask(0, 0, part);
    await job.commitJob(manifestOf(job, RUN));
    expect(await names()).toEqual([
      "_SUCCESS",
      "_bad/RUN/map-00003.ndjson",
      "_logs/RUN/map-00003.log",
      "_logs/RUN/step-0.1-map-00003.log",
      "part-00000-RUN",
    ]);
    const log = await bucket.get(`${out}/_logs/${RUN}/map-00003.log`);
    expect(log.toString()).toBe("won\n");
  });
});

describe("runs between steps", () => {
  const STEP = { step: 1, iteration: 2 };

  test("lie below the output, where no reader finds them and no run takes them for data", async () => {
    await runJob("old");
    const job = await prepared({ overwrite: true });
    const place = job.stepRuns.open(STEP);
    expect(place).toMatch(/^s3:.*\/_steps\/[0-9a-f]{16}\/runs-1-2$/);
    await bucket.put(`${place.slice(bucket.url().length)}/run-0-0`, "a run");
    expect(await text()).toBe("old");
    await committer({ overwrite: true }).check([]);
    await job.abort();
    expect((await names()).filter((name) => name.startsWith("_steps"))).toEqual([]);
  });

  test("go when they have been read, and those of other steps stay", async () => {
    const job = await prepared();
    const places = [STEP, { step: 1, iteration: 20 }].map((step) => job.stepRuns.open(step));
    for (const place of places) {
      for (const run of ["run-0-0", "run-1-3"])
        await bucket.put(`${place.slice(bucket.url().length)}/${run}`, "a run");
    }
    await job.stepRuns.remove(places[0]!);
    expect((await names()).filter((name) => name.startsWith("_steps"))).toEqual([
      "_steps/RUN/runs-1-20/run-0-0",
      "_steps/RUN/runs-1-20/run-1-3",
    ]);
    await job.abort();
  });
});

describe("trouble on the way", () => {
  const faults = FAULTS.filter((fault) => fault !== "stall" && fault !== "no answer");

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("does not show in the output (seed %i)", async (seed) => {
    bucket.proxy.plan = seededFaults(seed, 0.2, faults);
    // What is asked before anything runs is tried less often.
    const job = committer();
    await job.prepare(mkdtempSync(join(folder, "work-")));
    for (const partition of [0, 1, 2]) {
      job.commitTask(partition, 0, await attempt(job, partition, 0, `${partition}${seed}\n`));
    }
    await job.commitJob(manifestOf(job));
    bucket.proxy.calm();
    expect(await text()).toBe(`0${seed}\n1${seed}\n2${seed}\n`);
  });

  test("an answer to the commit that got lost is no second run", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    let lost = 0;
    bucket.proxy.plan = ({ method, url = "" }) => {
      if (method !== "PUT" || !url.includes("_SUCCESS") || lost++ > 0) return undefined;
      return "answer lost";
    };
    await job.commitJob(manifestOf(job));
    expect(lost).toBe(2);
    expect(await text()).toBe("a");
  });

  test("an upload that was begun twice, as its first answer got lost, is given up", async () => {
    const job = await prepared();
    let lost = 0;
    bucket.proxy.plan = ({ method, url = "" }) => {
      if (method !== "POST" || !url.includes("?uploads") || lost++ > 0) return undefined;
      return "answer lost";
    };
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    expect((await uploadsLeft()).length).toBe(2);
    await job.commitJob(manifestOf(job));
    expect(await text()).toBe("a");
    expect(await uploadsLeft()).toEqual([]);
  });

  test("an answer to the end of an upload that got lost is none either", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    let lost = 0;
    bucket.proxy.plan = ({ method, url = "" }) => {
      if (method !== "POST" || !url.includes("uploadId") || lost++ > 0) return undefined;
      return "answer lost";
    };
    await job.commitJob(manifestOf(job));
    expect(await text()).toBe("a");
  });

  test("a commit of which nobody can say whether it was leaves the parts where they are", async () => {
    const job = await prepared();
    job.commitTask(0, 0, await attempt(job, 0, 0, "a"));
    bucket.proxy.plan = ({ method, url = "" }) => {
      if (url.includes("_SUCCESS")) return method === "PUT" ? "answer lost" : after();
      return undefined;
    };
    // The look before the commit is answered; those after it are not.
    let looks = 0;
    const after = () => (looks++ === 0 ? undefined : "reset before");
    const error = await errorFrom(job.commitJob(manifestOf(job)));
    expect(error.code).toBe("STORE_UNREACHABLE");
    await job.abort();
    bucket.proxy.calm();
    expect(await text()).toBe("a");
  });

  test.runIf(isOwnServer)(
    "an endpoint that knows no conditions is written to without",
    async () => {
      bucket.server.knowsConditions = false;
      try {
        await runJob("ab");
        expect(await text()).toBe("ab");
      } finally {
        bucket.server.knowsConditions = true;
      }
    },
  );
});
