/**
 * Builds src into dist: tsc checks it and writes the declarations, esbuild writes the code, joined
 * into a few files, because a short run feels every module that it loads, in each of its threads.
 * Runs and tests that have begun read from dist when they start a thread, so it changes at once and
 * not before everything is compiled: another folder takes its place.
 */

import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import process from "node:process";
import { build } from "esbuild";

/** What is loaded by name: the public modules, the command line, the thread of a slot. */
const ENTRIES = ["index", "testing", "cli/main", "slot/slot-thread", "master/driver/driver-thread"];

// Beside dist, because source maps name sources relative to themselves.
const fresh = `dist.${process.pid}`;
const stale = `${fresh}.old`;

try {
  const isBuilt = writeDeclarations() && (await writeCode());
  if (isBuilt) {
    if (existsSync("dist")) renameSync("dist", stale);
    renameSync(fresh, "dist");
  }
  process.exitCode = isBuilt ? 0 : 1;
} finally {
  for (const folder of [fresh, stale]) rmSync(folder, { recursive: true, force: true });
}

function writeDeclarations() {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", fresh];
  return spawnSync(process.execPath, tsc, { stdio: "inherit" }).status === 0;
}

/** Modules that several entries share, or that are loaded on demand, get files of their own. */
async function writeCode() {
  const { errors } = await build({
    entryPoints: ENTRIES.map((name) => `src/${name}.ts`),
    outbase: "src",
    outdir: fresh,
    bundle: true,
    splitting: true,
    // A module that finds a file by its own address names it from one folder below src or dist.
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: true,
    logLevel: "warning",
  }).catch((failure) => failure);
  return errors.length === 0;
}
