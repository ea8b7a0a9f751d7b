/**
 * Ends that come from outside, at any moment: by an AbortSignal, by Ctrl-C, by kill -9. The output is
 * as it was, nothing is left behind or the next run clears it away, and no thread goes on.
 */

import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import fc from "fast-check";
import { type JobEvent, run, SheafError } from "sheaf";
import { describe, expect, test } from "vitest";
import { Command } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";

/** Words with a reduce that takes as long as the map, so that a run can be cut in either. */
const SLOW = jobFile({
  before:
    "const spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };",
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { spin(1); for (const word of line.split(" ")) emit(word, 1); },
  reduce(_key, values, emit) { spin(1); emit([...values].length); },`,
});
const ENDLESS = SLOW.replace("spin(1);", 'if (line !== "line 0") spin(1e9);');
const TEXT = Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join("");

/** Long enough for a machine that is busy with other tests, far from any time-out of ours. */
const PROMPT_MS = 5000;

/** Runs until `when` says so, and returns how the run ended. */
async function cancelWhen(
  folder: RunFolder,
  when: (event: JobEvent) => boolean,
  options: { readonly job?: string; readonly inline?: boolean } = {},
): Promise<unknown> {
  const { job = "job.ts", inline = false } = options;
  const controller = new AbortController();
  let abortedMs = Number.NaN;
  const output = folder.freshOutput();
  try {
    await run(folder.at(job), {
      inputs: [folder.at("in")],
      output,
      workDirectory: folder.at("work"),
      partitions: 3,
      slots: 2,
      splitBytes: 1024,
      inline,
      signal: controller.signal,
      onEvent: (event) => {
        if (controller.signal.aborted || !when(event)) return;
        abortedMs = performance.now();
        controller.abort();
      },
    });
    return "succeeded";
  } catch (error) {
    expect(performance.now() - abortedMs).toBeLessThan(PROMPT_MS);
    expect(folder.leftovers(output)).toEqual([]);
    return error instanceof SheafError ? error.code : error;
  }
}

function running(phase: "map" | "reduce"): (event: JobEvent) => boolean {
  return (event) => event.type === "progress" && event[phase].running > 0;
}

describe("an AbortSignal", () => {
  test.each<[string, (event: JobEvent) => boolean]>([
    ["when the job is planned", ({ type }) => type === "job-started"],
    ["when its step begins", ({ type }) => type === "step-started"],
    ["while it maps", running("map")],
    ["while it reduces", running("reduce")],
    ["right before the commit", ({ type }) => type === "step-ended"],
  ])("%s", async (_moment, when) => {
    using folder = new RunFolder({ "job.ts": SLOW, "in/text.txt": TEXT });
    expect(await cancelWhen(folder, when)).toBe("CANCELLED");
  });

  test.each<[string, (event: JobEvent) => boolean]>([
    ["when its step begins", ({ type }) => type === "step-started"],
    ["right before the commit", ({ type }) => type === "step-ended"],
  ])("of a run in this thread, %s", async (_moment, when) => {
    using folder = new RunFolder({ "job.ts": SLOW, "in/text.txt": TEXT });
    expect(await cancelWhen(folder, when, { inline: true })).toBe("CANCELLED");
  });

  test("after the commit comes too late", async () => {
    using folder = new RunFolder({ "job.ts": SLOW, "in/text.txt": TEXT });
    expect(await cancelWhen(folder, ({ type }) => type === "job-ended")).toBe("succeeded");
  });

  test("that has fired already: nothing runs", async () => {
    using folder = new RunFolder({ "job.ts": SLOW, "in/text.txt": TEXT });
    for (const inline of [false, true]) {
      const { error, events } = await folder.fail({ inline, signal: AbortSignal.abort() });
      expect(error.code).toBe("CANCELLED");
      expect(events.map(({ type }) => type)).toEqual(["job-ended"]);
    }
  });

  test("while the job's module loads for ever", async () => {
    using folder = new RunFolder({ "job.ts": `await new Promise(() => {});\n${SLOW}` });
    folder.write("in/text.txt", TEXT);
    const { error } = await folder.fail({ signal: AbortSignal.timeout(300) });
    expect(error.code).toBe("CANCELLED");
  });

  test("at any moment, of functions that return, wait and loop for ever", async () => {
    const jobs = {
      "sync.ts": SLOW,
      "async.ts": SLOW.replace("map(", "async map(").replace("spin(1);", "await null; spin(1);"),
      "endless.ts": ENDLESS,
      "waiting.ts": SLOW.replace("map(", "async map(").replace(
        "spin(1);",
        "await new Promise((resolve) => setTimeout(resolve, 1e8));",
      ),
      "range.ts": SLOW.replace("map(", "partition: range(), map("),
    };
    // Ten times the text: at a millisecond a line, two slots are at it for 500 ms at the least.
    using folder = new RunFolder({ ...jobs, "in/text.txt": TEXT.repeat(10) });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(jobs)),
        fc.integer({ min: 0, max: 250 }),
        async (job, afterMs) => {
          const startMs = performance.now();
          const late = AbortSignal.timeout(afterMs);
          const { error } = await folder.fail({ job, partitions: 30, signal: late });
          expect(error.code).toBe("CANCELLED");
          expect(performance.now() - startMs).toBeLessThan(afterMs + PROMPT_MS);
        },
      ),
      { numRuns: 15 },
    );
  });

  test("leaves a program nothing to wait for", async () => {
    using folder = new RunFolder({ "endless.ts": ENDLESS, "in/text.txt": TEXT });
    folder.write(
      "program.mjs",
      `import { run } from ${JSON.stringify(import.meta.resolve("sheaf"))};
const controller = new AbortController();
const onEvent = (event) => { if (event.type === "progress") controller.abort(); };
const options = { inputs: ["in"], output: "out", signal: controller.signal, onEvent };
await run("./endless.ts", options).catch((error) => console.log(error.code));
`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, ["program.mjs"], {
      cwd: folder.path,
      timeout: 2 * PROMPT_MS,
    });
    expect(stdout).toBe("CANCELLED\n");
  });
});

describe("the command", () => {
  const CALL = ["run", "endless.ts", "in", "-o", "out", "--work-dir", "work", "--json"];

  async function started(folder: RunFolder): Promise<Command> {
    const command = new Command(folder.path, CALL);
    await command.shows('"running":1');
    return command;
  }

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("at %s: cleans up and ends with %i", async (signal, code) => {
    using folder = new RunFolder({ "endless.ts": ENDLESS, "in/text.txt": TEXT, "out/old": "old" });
    const command = new Command(folder.path, [...CALL, "--overwrite"]);
    await command.shows('"running":1');
    command.process.kill(signal);
    const ended = await command.ended();
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain("The output folder is as it was.");
    expect(JSON.parse(ended.stdout.trimEnd().split("\n").at(-1)!)).toMatchObject({
      type: "job-ended",
      ok: false,
      error: { code: "CANCELLED" },
    });
    expect(readdirSync(folder.at("out"))).toEqual(["old"]);
    expect(folder.leftovers(folder.at("missing"))).toEqual([]);
  });

  const FOR_EVER = 'console.log("at it"); for (;;) { try { for (;;) {} } catch {} }';
  test.each([
    ["map that returns", SLOW.replace("spin(1)", 'console.log("at it"); spin(1)')],
    ["map that loops for ever", SLOW.replace("spin(1);", FOR_EVER)],
    [
      "async map before it awaits",
      SLOW.replace("map(", "async map(").replace("spin(1);", FOR_EVER),
    ],
    ["reduce", SLOW.replace("spin(1);", "").replace("{ spin(1); emit(", `{ ${FOR_EVER} emit(`)],
    ["partitioner", SLOW.replace("map(", `partition() { ${FOR_EVER} }, map(`)],
    ["input", SLOW.replace("text()", `() => { ${FOR_EVER} }`)],
  ])("inline, at SIGINT, in the job's %s: the same", async (_what, job) => {
    using folder = new RunFolder({ "endless.ts": job, "in/text.txt": TEXT.repeat(50) });
    const command = new Command(folder.path, [...CALL, "--inline"]);
    await command.shows("at it");
    command.process.kill("SIGINT");
    const { code, stdout } = await command.ended();
    expect(code).toBe(130);
    expect(stdout).toContain('"code":"CANCELLED"');
    expect(folder.leftovers(folder.at("out"))).toEqual([]);
  });

  // By somebody, or by V8, whose end when no memory is left is an abort.
  test.each(["SIGKILL", "SIGABRT"] as const)(
    "ended by %s: the next run with its folders clears them",
    async (signal) => {
      using folder = new RunFolder({
        "endless.ts": ENDLESS,
        "job.ts": SLOW,
        "in/text.txt": TEXT,
      });
      const command = await started(folder);
      command.process.kill(signal);
      expect((await command.ended()).signal).toBe(signal);
      expect(folder.leftovers(folder.at("out"))).toHaveLength(2);
      expect(existsSync(folder.at("out"))).toBe(false);
      const next = new Command(
        folder.path,
        CALL.map((word) => word.replace("endless", "job")),
      );
      expect((await next.ended()).code).toBe(0);
      expect(readdirSync(folder.at("out"))).toEqual(["_SUCCESS", "part-00000"]);
      expect(folder.leftovers(folder.at("missing"))).toEqual([]);
    },
  );

  test("a run beside one that lives leaves its folders alone", async () => {
    using folder = new RunFolder({
      "endless.ts": ENDLESS,
      "job.ts": SLOW,
      "in/text.txt": TEXT,
    });
    const command = await started(folder);
    const other = CALL.map((word) => word.replace("endless", "job").replace("out", "other"));
    expect((await new Command(folder.path, other).ended()).code).toBe(0);
    expect(folder.leftovers(folder.at("out"))).toHaveLength(2);
    command.process.kill("SIGINT");
    expect((await command.ended()).code).toBe(130);
    expect(folder.leftovers(folder.at("out"))).toEqual([]);
  });
});
