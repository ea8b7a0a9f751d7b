import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { errorFrom } from "../../test/support/input-bytes.ts";
import { isOwnServer, TestBucket } from "../../test/support/s3/bucket.ts";
import { FAULTS, QUICK_FAULTS, seededFaults } from "../../test/support/s3/fault-proxy.ts";
import { UPLOAD_PIECE_BYTES } from "../base/limits.ts";
import { parseS3Url } from "../s3/s3-url.ts";
import type { RunRegion } from "../shuffle/merge-runs.ts";
import { RunReader } from "../shuffle/run-reader.ts";
import { RunWriter } from "../shuffle/run-writer.ts";
import { bringRun, deliverRun } from "./run-handover.ts";

let bucket: TestBucket;
let folder: string;
let runs = 0;

beforeAll(async () => {
  bucket = await TestBucket.open();
  bucket.enter();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sheaf-handover-"));
});
afterEach(() => {
  bucket.proxy.calm();
  rmSync(folder, { recursive: true });
});
afterAll(() => bucket.close());

/** A run of so many records with values of so many bytes, and its bytes. */
function writeRun(records: number, valueBytes: number): { run: RunRegion; bytes: Buffer } {
  const path = join(folder, "written");
  const writer = new RunWriter(path);
  for (let i = 0; i < records; i++) {
    const key = Buffer.from(`${i}`.padStart(9, "0"));
    writer.write(key, 0, key.length, Buffer.alloc(valueBytes, i), 0, valueBytes);
  }
  const region = writer.endRegion();
  writer.finish();
  return { run: { path, ...region }, bytes: readFileSync(path) };
}

/** Hands a run up; answers with what the next step is told of it. */
async function deliver(run: RunRegion, onStep = () => {}): Promise<RunRegion> {
  const path = bucket.url(`runs/run-${runs++}-0`);
  await deliverRun(run, { outputPath: run.path, upload: parseS3Url(path) }, onStep);
  return { ...run, path };
}

const bring = (run: RunRegion, onStep = () => {}) =>
  bringRun(run, { directory: folder, fileName: "map-0-0" }, onStep);

function recordsOf(run: RunRegion): number {
  const reader = new RunReader(run.path, run);
  let records = 0;
  try {
    while (reader.next()) records++;
  } finally {
    reader.close();
  }
  return records;
}

const KILO = 1000;
const FEW = UPLOAD_PIECE_BYTES / KILO / 2;
const MANY = (UPLOAD_PIECE_BYTES / KILO) * 2.5;

test.each([
  ["of one piece", FEW],
  ["of several", MANY],
])("a run %s arrives as it was, and no file of it stays", async (_size, records) => {
  const { run, bytes } = writeRun(records, KILO);
  let steps = 0;
  const handed = await deliver(run);
  expect(existsSync(run.path)).toBe(false);
  const here = await bring(handed, () => steps++);
  expect(steps).toBeGreaterThan(1);
  expect(readFileSync(here.path).equals(bytes)).toBe(true);
  expect(recordsOf(here)).toBe(Math.ceil(records));
  expect(readdirSync(folder)).toEqual([]);
  expect(await bucket.uploads()).toEqual([]);
});

test.each([1, 2, 3])("through every kind of fault (seed %i)", async (seed) => {
  const { run, bytes } = writeRun(seed === 1 ? FEW : MANY, KILO);
  bucket.proxy.plan = seededFaults(seed, 0.3, seed === 1 ? FAULTS : QUICK_FAULTS);
  const here = await bring(await deliver(run));
  expect(readFileSync(here.path).equals(bytes)).toBe(true);
});

test("an empty run is not handed over at all", async () => {
  const { run } = writeRun(0, 0);
  bucket.server.seen.length = 0;
  await deliver(run);
  expect(existsSync(run.path)).toBe(false);
  if (isOwnServer) expect(bucket.server.seen).toEqual([]);
});

test("a run on this machine stays where it is", async () => {
  const { run } = writeRun(5, 5);
  await deliverRun(run, { outputPath: run.path, upload: undefined }, () => {});
  expect(await bring(run)).toBe(run);
  expect(recordsOf(run)).toBe(5);
  expect(existsSync(run.path)).toBe(true);
});

test("a damaged run is told by the name of its object, not by that of the copy", async () => {
  const { run, bytes } = writeRun(9, 9);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(run.path, bytes);
  const handed = await deliver(run);
  const here = await bring(handed);
  const error = await errorFrom(Promise.resolve().then(() => recordsOf(here)));
  expect(error.code).toBe("REGION_CORRUPT");
  expect(error.data.path).toBe(handed.path);
  expect(error.message).toContain(handed.path);
  expect(readdirSync(folder)).toEqual([]);
});

test("a run that is gone, or shorter than was told, is told", async () => {
  const { run } = writeRun(9, 9);
  const handed = await deliver(run);
  const longer = { ...handed, lengthBytes: handed.lengthBytes + 1 };
  expect((await errorFrom(bring(longer))).code).toBe("INPUT_CHANGED");
  await bucket.remove(handed.path.slice(bucket.url().length));
  expect((await errorFrom(bring(handed))).code).toBe("INPUT_MISSING");
});
