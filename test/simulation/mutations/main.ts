/**
 * `node scripts/ts.mjs test/simulation/mutations/main.ts [--seeds N] [--seed S] [--jobs J] [--only TEXT]`:
 * builds the simulator with each mutation in turn, and prints a table of how many seeds it takes to
 * find it.
 */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";
import { type HuntArguments, parseHuntArguments } from "./arguments.ts";
import { edited } from "./edited.ts";
import { MUTATIONS, type Mutation } from "./mutations.ts";

const ROOT = process.cwd();

/** Makes the mutation's edits while files are loaded. */
function applied({ name, edits }: Mutation): Plugin {
  return {
    name,
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const its = edits.filter(({ file }) => join(ROOT, "src", file) === path);
        if (its.length === 0) return undefined;
        const text = await readFile(path, "utf8");
        return { contents: its.reduce(edited, text), loader: "ts" };
      });
    },
  };
}

async function hunt(
  mutation: Mutation,
  index: number,
  { firstSeed, seeds }: HuntArguments,
): Promise<string> {
  const outfile = join(ROOT, "node_modules", ".scripts", `mutant-${index}.mjs`);
  await build({
    entryPoints: [join(ROOT, "test/simulation/mutations/hunt.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    plugins: [applied(mutation)],
  });
  const words = [outfile, String(firstSeed), String(seeds)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  const { seed, problem } = JSON.parse(stdout) as { seed?: number; problem?: string };
  const outcome = seed ?? `not in ${firstSeed} to ${firstSeed + seeds - 1}`;
  return `| ${mutation.name} | ${outcome} | ${problem ?? ""} |`;
}

const told = parseHuntArguments(process.argv.slice(2));
const waiting = [...MUTATIONS.entries()].filter(([, { name }]) => name.includes(told.only));
process.stdout.write("| bug | first seed that finds it | what is found |\n| --- | --- | --- |\n");
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [index, mutation] = next;
    const line = await hunt(mutation, index, told).catch(
      (thrown: unknown) => `| ${mutation.name} | error | ${String(thrown).split("\n")[0]} |`,
    );
    process.stdout.write(`${line}\n`);
  }
}
await Promise.all(Array.from({ length: told.jobs }, work));
