/**
 * What users get wrong, through the real command line: each time a message that says what, where and
 * what to do, the right exit code, no stack of ours, and nothing left behind.
 */

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { canMount, isRoot } from "../support/output-folder.ts";
import { Command, type Ended } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";

const LINES = { definition: lineJob("map(_position, line, emit) { emit(line, undefined); },") };

function lineJob(map: string): string {
  return `  input: text(),
  intermediate: { key: string(), value: nothing() },
  ${map}
  reduce: identity,
  output: textOutput({ only: "keys" }),`;
}

/** A folder with a job that works and input for it. */
function newFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): RunFolder {
  return new RunFolder({ "job.ts": jobFile(LINES), "in/text.txt": "one\ntwo\n", ...files });
}

/** Runs a call that must fail, and checks what holds for all of them. */
async function refuse(folder: RunFolder, words: string, asNobody = false): Promise<Ended> {
  const before = readdirSync(folder.path, { recursive: true }).sort();
  const call = words.split(" ").map((word) => word.replace("%20", " "));
  const ended = await new Command(folder.path, ["run", ...call], asNobody).ended();
  expect(ended.signal).toBeNull();
  expect(ended.stdout).toBe("");
  expect(ended.stderr).toMatch(/^error: /m);
  expect(ended.stderr).not.toMatch(/dist\/|src\/|node:internal|bug in Sheaf/);
  expect(readdirSync(folder.path, { recursive: true }).sort()).toEqual(before);
  return ended;
}

const OUT = "-o out --work-dir work";

describe("a call that cannot be right ends with 2, before anything runs", () => {
  test.each([
    [
      "no such file",
      `job.ts nosuch.txt ${OUT}`,
      /the input "nosuch.txt": there is no \S+nosuch.txt/,
    ],
    ["a name mistyped", `job.ts in/texd.txt ${OUT}`, /Did you mean "in\/text.txt"\?/],
    ["an empty glob", `job.ts in/*.csv ${OUT}`, /any input that matches "in\/\*.csv" in \S+/],
    ["an empty folder", `job.ts work ${OUT}`, /in the folder "work": it holds no files/],
    [
      "an output that is a file",
      "job.ts in -o in/text.txt",
      /in\/text.txt is a file, and the output is a folder/,
    ],
    ["an output below a file", "job.ts in -o in/text.txt/out", /in\/text.txt is a file/],
    [
      "an output that holds data",
      "job.ts in -o in",
      /in holds data \(1 entry: text.txt\).*|holds the input/,
    ],
    [
      "an output within the input",
      "job.ts in -o in/out --work-dir work",
      /Cannot write to in\/out: the input "in" takes it in.* Choose an output folder elsewhere/,
    ],
    ["no such job", `jop.ts in ${OUT}`, /Cannot read the job jop.ts: no such file/],
    ["a flag mistyped", `job.ts in ${OUT} --partitons 3`, /Did you mean --partitions\?/],
    ["-R 0", `job.ts in ${OUT} -R 0`, /-R .* a whole number from 1 to 100,000, not "0"/],
    ["-R 1e9", `job.ts in ${OUT} -R 1e9`, /a whole number from 1 to 100,000, not "1e9"/],
    ["-R 1000000000", `job.ts in ${OUT} -R 1000000000`, /from 1 to 100,000/],
    ["--memory 1KB", `job.ts in ${OUT} --memory 1KB`, /--memory takes a size from 16 MB to 16 GB/],
    ["--slots two", `job.ts in ${OUT} --slots two`, /--slots takes a whole number/],
    [
      "a param of a job without any",
      `job.ts in ${OUT} --param a=1`,
      /takes no params, but was given "a"/,
    ],
    [
      "inline and skipping",
      `job.ts in ${OUT} --inline --skip-bad-records 1`,
      /cannot skip bad records/,
    ],
  ])("%s", async (_what, words, message) => {
    using folder = newFolder();
    const { code, stderr } = await refuse(folder, words);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test.each([
    ["a syntax error", "export default defineJob({\n  input: text(,\n});", /job.ts:2:\d+: /],
    [
      "no default export",
      "export const job = 1;",
      /it has no default export. Write: export default/,
    ],
    [
      "an unknown field",
      jobFile({ definition: `${LINES.definition}\n  mapp() {},` }),
      /"mapp" is not a field of a job/,
    ],
    [
      "a field of the wrong kind",
      jobFile({ definition: LINES.definition.replace("identity", "5") }),
      /"reduce" must be a function, or a built-in such as sum/,
    ],
    [
      "an error at load",
      'const x = 1;\nthrow new Error("not today");',
      /Error: not today.*> 2 \| throw/s,
    ],
  ])("a job file with %s", async (_what, source, message) => {
    using folder = newFolder({ "job.ts": source });
    const { code, stderr } = await refuse(folder, `job.ts in ${OUT}`);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("job.ts");
    expect(code).toBe(2);
  });

  test.each([
    ["missing", "", /pattern/],
    ["unknown", "--param pattern=o --param patern=x", /patern/],
    ["refused", "--param pattern=(", /Invalid regular expression/],
  ])("params that are %s", async (_what, flags, message) => {
    using folder = newFolder();
    const job = new URL("../../examples/grep.ts", import.meta.url).pathname;
    const { code, stderr } = await refuse(folder, `${job} in ${OUT} ${flags}`.trimEnd());
    expect(stderr).toMatch(/The job's params are not valid/);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});

describe("input that cannot be read ends with 1", () => {
  const NUMBERS = Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join("");
  const ZIPPED = gzipSync(NUMBERS);
  const damaged = Buffer.from(ZIPPED);
  damaged.fill("X", 60_000, 60_010);

  test.each([
    [
      "a truncated gzip",
      "cut.gz",
      ZIPPED.subarray(0, 50_000),
      /cut.gz as gzip: unexpected end of file/,
    ],
    ["a damaged gzip", "bad.gz", damaged, /bad.gz as gzip: \w+/],
    ["an empty gzip", "empty.gz", Buffer.alloc(0), /empty.gz as gzip: unexpected end/],
    [
      "a text called gzip",
      "text.gz",
      Buffer.from("text"),
      /text.gz as gzip: incorrect header check/,
    ],
  ])("%s", async (_what, name, bytes, message) => {
    using folder = newFolder({ [`in/${name}`]: bytes });
    const { code, stderr } = await refuse(folder, `job.ts in ${OUT}`);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("It is cut or damaged: fetch or write it again.");
    expect(stderr).not.toContain("caused by");
    expect(code).toBe(1);
  });

  test("invalid UTF-8: one attempt, the place, and three ways out", async () => {
    using folder = newFolder({
      "in/text.txt": Buffer.from([111, 107, 10, 0xe4, 10, 111, 107, 10]),
    });
    const { code, stderr } = await refuse(folder, `job.ts in ${OUT}`);
    expect(stderr).toMatch(
      /the line at byte 3 of \S+text.txt: it is not valid UTF-8 \(0xE4 at byte 3\)/,
    );
    expect(stderr).toContain('text({ encoding: "latin1" })');
    expect(stderr).toContain('text({ invalid: "replace" })');
    expect(stderr).toContain("--skip-bad-records N");
    expect(stderr.match(/attempt \d+ failed/g)).toHaveLength(1);
    expect(code).toBe(1);
  });

  test("a line over the limit", async () => {
    using folder = newFolder({ "in/text.txt": Buffer.alloc(20_000_000, "x") });
    const { code, stderr } = await refuse(folder, `job.ts in ${OUT}`);
    expect(stderr).toMatch(/the line at byte 0 of \S+text.txt: it is longer than 16 MB\./);
    expect(stderr).toContain("text({ lineBytesMax })");
    expect(stderr.length).toBeLessThan(2000);
    expect(code).toBe(1);
  });

  test("a key over the limit", async () => {
    using folder = newFolder({ "in/text.txt": `ok\n${"x".repeat(1_500_000)}\n` });
    const { code, stderr } = await refuse(folder, `job.ts in ${OUT}`);
    expect(stderr).toContain(
      "emit() was given a key of 1.4 MB (1,500,000 bytes); the limit is 1 MB.",
    );
    expect(stderr).toMatch(/> 5 \| {3}map\(/);
    expect(stderr).toMatch(/The record: x{100,300}…?\n {2}in \S+text.txt, at byte 3/);
    expect(code).toBe(1);
  });

  test.skipIf(!isRoot && process.getuid === undefined)("a file that may not be read", async () => {
    using folder = newFolder();
    chmodSync(folder.at("in/text.txt"), 0o200);
    if (isRoot) chmodSync(folder.path, 0o755);
    const { code, stderr } = await refuse(folder, `job.ts in ${OUT}`, isRoot);
    expect(stderr).toMatch(/Cannot read \S+text.txt: permission denied \(EACCES\). Give the user/);
    expect(code).toBe(1);
  });

  test.each([
    [
      "is cut",
      "truncateSync(PATH, 100)",
      /text.txt: it had \S+ KB \([\d,]+ bytes\) when the job was planned and has 100 bytes now/,
    ],
    [
      "grows",
      'appendFileSync(PATH, "more")',
      /Cannot trust what was read from \S+text.txt: it had \S+ KB \([\d,]+ bytes\)/,
    ],
    ["is written anew", "writeFileSync(PATH, readFileSync(PATH))", /text.txt: it was written to/],
    [
      "is removed",
      "unlinkSync(PATH)",
      /text.txt: it was there when the job was planned and is gone now/,
    ],
  ])("a file that %s while it is read", async (_what, change, message) => {
    const path = "in/text.txt";
    using folder = newFolder({
      [path]: NUMBERS,
      "job.ts": jobFile({
        definition: lineJob(`map({ offset }, line, emit) {
    if (offset === 0) ${change.replaceAll("PATH", JSON.stringify(path))};
    emit(line, undefined);
  },`),
      }),
    });
    // The job itself touches a file, which is not what the check of leftovers is about.
    folder.write("in/another.txt", "x\n");
    const call = [
      "run",
      "job.ts",
      "in",
      ...OUT.split(" "),
      "--slots",
      "1",
      "--split-size",
      "100KB",
    ];
    const { code, stderr } = await new Command(folder.path, call).ended();
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/Run the job again when nothing (writes to|moves) its input/);
    expect(stderr.match(/attempt \d+ failed/g)).toHaveLength(1);
    expect(code).toBe(1);
    expect(folder.leftovers(folder.at("out"))).toEqual([]);
  });
});

describe.skipIf(!canMount())("no space left ends with 1", () => {
  /** Some 400 KB of intermediate data and of output. */
  const INPUT = Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join("");
  const SWALLOWING = jobFile({
    definition: `  input: text(),
  intermediate: { key: string(), value: string() },
  map(_position, line, emit) {
    for (let i = 0; i < 40; i++) try { emit(line, "#".repeat(20)); } catch {}
  },
  reduce(_key, values, emit) { for (const v of values) try { emit(v); } catch {} },`,
  });

  async function onSmallDisk(folder: RunFolder, call: () => Promise<void>): Promise<void> {
    mkdirSync(folder.at("disk"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=160k", "tmpfs", folder.at("disk")]);
    try {
      await call();
      expect(readdirSync(folder.at("disk"))).toEqual([]);
    } finally {
      execFileSync("umount", ["-l", folder.at("disk")]);
    }
  }

  test.each([
    ["for the output", "-o disk/out --work-dir work", /choose an output folder on another disk/],
    ["for intermediate files", "-o out --work-dir disk", /a larger disk with --work-dir/],
  ])("%s", async (_what, flags, advice) => {
    using folder = newFolder({ "in/text.txt": INPUT });
    await onSmallDisk(folder, async () => {
      const { code, stderr } = await refuse(folder, `job.ts in ${flags}`);
      expect(stderr).toMatch(/Cannot write \S+: no space is left/);
      expect(stderr).toMatch(advice);
      expect(stderr.match(/attempt \d+ failed/g)).toHaveLength(1);
      expect(code).toBe(1);
    });
  });

  test.each([
    ["for the output", "-o disk/out --work-dir work"],
    ["for intermediate files", "-o out --work-dir disk"],
  ])("%s, and the job's code catches what emit throws", async (_what, flags) => {
    using folder = newFolder({ "in/text.txt": INPUT, "job.ts": SWALLOWING });
    await onSmallDisk(folder, async () => {
      const { code, stderr } = await refuse(folder, `job.ts in ${flags} --memory 16MB`);
      expect(stderr).toMatch(/Cannot write \S+: no space is left/);
      expect(stderr).not.toContain("The record:");
      expect(code).toBe(1);
    });
  });

  test("in the first moment", async () => {
    using folder = newFolder();
    await onSmallDisk(folder, async () => {
      execFileSync("sh", ["-c", "head -c 163840 /dev/zero > fill || true"], {
        cwd: folder.at("disk"),
        stdio: "ignore",
      });
      for (const flags of ["-o disk/out --work-dir work", "-o out --work-dir disk"]) {
        const { code, stderr } = await refuse(folder, `job.ts in ${flags}`);
        expect(stderr).toMatch(/no space (is )?left/i);
        expect(code).toBe(1);
      }
      execFileSync("rm", [folder.at("disk/fill")]);
    });
  });
});

test("an output with data is replaced only by a run that succeeds", async () => {
  using folder = newFolder({ "out/old.txt": "old", "in/bad.gz": "no gzip" });
  const flags = `${OUT} --overwrite`;
  await refuse(folder, `job.ts in ${flags}`);
  expect(folder.read("out/old.txt")).toBe("old");
  const call = ["run", "job.ts", "in/text.txt", ...flags.split(" ")];
  expect((await new Command(folder.path, call).ended()).code).toBe(0);
  expect(existsSync(folder.at("out/old.txt"))).toBe(false);
  expect(folder.read("out/part-00000")).toBe("one\ntwo\n");
});
