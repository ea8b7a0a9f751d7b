/**
 * Compiles src into dist. Runs and tests that have begun read from dist when they start a thread, so
 * it changes at once and not before everything is compiled: another folder takes its place.
 */

import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import process from "node:process";

// Beside dist, because source maps name sources relative to themselves.
const fresh = `dist.${process.pid}`;
const stale = `${fresh}.old`;

try {
  const tsc = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", fresh];
  const { status } = spawnSync(process.execPath, tsc, { stdio: "inherit" });
  if (status === 0) {
    if (existsSync("dist")) renameSync("dist", stale);
    renameSync(fresh, "dist");
  }
  process.exitCode = status ?? 1;
} finally {
  for (const folder of [fresh, stale]) rmSync(folder, { recursive: true, force: true });
}
