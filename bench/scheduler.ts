/**
 * How fast the scheduler decides, what its state takes in memory and in a snapshot, for the largest
 * job of the paper's section 3.5: 200,000 maps, 5,000 reduces, 2,000 workers. Prints a table:
 * `node scripts/ts.mjs bench/scheduler.ts`.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { StateDecoder } from "../src/scheduler/snapshot/decode-state.ts";
import { encodeState } from "../src/scheduler/snapshot/encode-state.ts";
import { LargeJob, packedResults } from "../test/scheduler/support/large-job.ts";

const MAPS = 200_000;
const REDUCES = 5000;
const WORKERS = 2000;
const SLOTS = 4;
const ROUNDS = 3;
const MB = 1e6;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Lets other things have their turn, as a shell would. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The median of a few runs' decisions a second, all of a job's tasks assigned and completed. */
function decisionsPerSecond(workers: number, batch: number, isNear: boolean): number {
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const job = new LargeJob({
      workers,
      slots: SLOTS,
      maps: MAPS,
      reduces: REDUCES,
      batch,
      isNear,
    });
    const ms = job.runUntil("map", MAPS) + job.runUntil("reduce", REDUCES);
    rates.push((1000 * job.decisions) / ms);
  }
  return rates.sort((a, b) => a - b)[ROUNDS >> 1]!;
}

function speed(): void {
  console.log(
    "| task decisions a second (planned, assigned, completed) | 200 workers | 2,000 workers |",
  );
  console.log("| --- | --- | --- |");
  for (const [words, batch, isNear] of [
    ["planned after each attempt that ends", 1, false],
    ["planned after every 50", 50, false],
    ["planned after every 50, inputs on three hosts each", 50, true],
  ] as const) {
    const [few, many] = [200, WORKERS].map((workers) => decisionsPerSecond(workers, batch, isNear));
    const shown = [few!, many!].map((rate) => Math.round(rate).toLocaleString("en"));
    console.log(`| ${words} | ${shown.join(" | ")} |`);
  }
}

async function size(): Promise<void> {
  const beforeBytes = heapBytes();
  const options = { workers: WORKERS, slots: SLOTS, maps: MAPS, reduces: REDUCES, batch: 50 };
  const job = new LargeJob({ ...options, isNear: true });
  const idleBytes = heapBytes() - beforeBytes;
  job.runUntil("map", MAPS);
  job.runUntil("reduce", REDUCES - 1);
  const fullBytes = heapBytes() - beforeBytes;
  job.loseWorker();
  let longestMs = 0;
  const timed = <T>(act: () => T): T => {
    const startMs = performance.now();
    const value = act();
    longestMs = Math.max(longestMs, performance.now() - startMs);
    return value;
  };
  const startMs = performance.now();
  const snapshot = timed(() => encodeState(job.state, packedResults));
  const pieces: Uint8Array[] = [];
  for (
    let piece = timed(() => snapshot.next());
    piece.done !== true;
    piece = timed(() => snapshot.next())
  ) {
    pieces.push(piece.value);
    await breathe();
  }
  const writeMs = performance.now() - startMs;
  job.cancel();
  const longestWriteMs = longestMs;
  longestMs = 0;
  const decoder = new StateDecoder(packedResults);
  for (const piece of pieces) {
    timed(() => decoder.push(piece));
    await breathe();
  }
  timed(() => decoder.finish());
  const snapshotBytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  console.log(`
heap of the job: ${mb(idleBytes)} before its first task, ${mb(fullBytes)} before its last
snapshot: ${mb(snapshotBytes)} in ${pieces.length} pieces, ${Math.round(writeMs)} ms in all
longest piece: ${longestWriteMs.toFixed(1)} ms to write, ${longestMs.toFixed(1)} ms to read
longest call of plan() or apply(), of 410,000: ${job.longestMs.toFixed(1)} ms`);
}

function mb(bytes: number): string {
  return `${(bytes / MB).toFixed(1)} MB`;
}

speed();
await size();
