/**
 * What a run tells while it goes: the order and content of its events, and progress that never goes
 * back.
 */

import { type JobEvent, run } from "sheaf";
import { describe, expect, test } from "vitest";
import { readManifest } from "../../src/task/verify-output.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";

const WORDS = `const words = defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, { count }) { count("lines"); for (const w of line.split(" ")) emit(w, 1); },
  combine: sum,
  reduce: sum,
});
const lengths = defineJob({
  input: outputOf(words),
  intermediate: { key: int(), value: int() },
  map(word, n, emit) { emit(word.length, n); },
  reduce: sum,
});`;

function jobOf(expression: string): string {
  const file = jobFile({ before: WORDS, definition: "" });
  return `${file.slice(0, file.indexOf("export default"))}export default ${expression};\n`;
}

const TEXT = Array.from({ length: 200 }, (_, i) => `word${i % 10} and ${i % 7}\n`).join("");

/** An event in a line, without the progress between and without numbers that no run repeats. */
function lineOf(event: JobEvent): string {
  switch (event.type) {
    case "warning":
      return `warning ${event.message}`;
    case "job-started": {
      const { files, inputBytes, partitions, slots, steps } = event;
      return `job-started ${files} files, ${inputBytes} bytes, R ${partitions}, ${slots} slots, ${steps} steps`;
    }
    case "step-started": {
      const { step, iteration, mapTasks, reduceTasks } = event;
      return `step-started ${step}.${iteration}, ${mapTasks} maps, ${reduceTasks} reduces, ${event.inputBytes > 0 ? "some" : "no"} bytes`;
    }
    case "progress":
      return "progress";
    case "attempt-failed": {
      const { step, iteration, phase, task, attempt, failure, retry } = event;
      const { record } = failure;
      return `attempt-failed ${step}.${iteration} ${phase} ${task}.${attempt}: ${failure.message}, at ${record?.offset} "${record?.excerpt}", ${retry ? "again" : "last"}`;
    }
    case "step-ended": {
      const { task, user } = event.counters;
      return `step-ended ${event.step}.${event.iteration}, ${task.MAP_INPUT_RECORDS} in, ${task.REDUCE_OUTPUT_RECORDS} out, ${JSON.stringify(user)}`;
    }
    case "job-ended":
      return `job-ended ${event.ok ? `with ${event.result!.parts.length} parts` : event.error!.code}`;
  }
}

/** The events but for progress, which comes as often as the clock says. */
function linesOf(events: readonly JobEvent[]): string[] {
  return events.map(lineOf).filter((line) => line !== "progress");
}

/** Fails where progress goes back, or says what cannot be. */
function expectMonotonic(events: readonly JobEvent[]): void {
  let before: Extract<JobEvent, { type: "progress" }> | undefined;
  for (const event of events) {
    if (event.type === "step-started") before = undefined;
    if (event.type !== "progress") continue;
    for (const phase of ["map", "reduce"] as const) {
      const now = event[phase];
      const last = before?.[phase];
      expect(now.completed).toBeGreaterThanOrEqual(last?.completed ?? 0);
      expect(now.records).toBeGreaterThanOrEqual(last?.records ?? 0);
      expect(now.bytes).toBeGreaterThanOrEqual(last?.bytes ?? 0);
      expect(now.completed + now.running).toBeLessThanOrEqual(now.tasks);
      if (now.bytesTotal > 0) expect(now.bytes).toBeLessThanOrEqual(now.bytesTotal);
    }
    expect(event.elapsedMs).toBeGreaterThanOrEqual(before?.elapsedMs ?? 0);
    before = event;
  }
}

describe("the events of a run", () => {
  test("of one step", async () => {
    using folder = new RunFolder({ "job.ts": jobOf("words"), "in/a.txt": TEXT, "in/b.txt": TEXT });
    const { events, result } = await folder.run();
    expect(linesOf(events)).toEqual([
      `job-started 2 files, ${2 * TEXT.length} bytes, R 2, 2 slots, 1 steps`,
      "step-started 0.1, 6 maps, 2 reduces, some bytes",
      'step-ended 0.1, 400 in, 18 out, {"lines":400}',
      "job-ended with 2 parts",
    ]);
    const last = events.filter((event) => event.type === "progress").at(-1)!;
    const { MAP_INPUT_RECORDS, REDUCE_INPUT_GROUPS, REDUCE_SHUFFLE_BYTES } = result.counters.task;
    expect(last.map).toMatchObject({
      tasks: 6,
      running: 0,
      completed: 6,
      records: MAP_INPUT_RECORDS,
      bytes: 2 * TEXT.length,
      bytesTotal: 2 * TEXT.length,
    });
    expect(last.reduce).toMatchObject({
      tasks: 2,
      completed: 2,
      records: REDUCE_INPUT_GROUPS,
      bytes: REDUCE_SHUFFLE_BYTES,
      bytesTotal: REDUCE_SHUFFLE_BYTES,
    });
    expect(events.at(-1)).toEqual({ type: "job-ended", ok: true, result });
    expectMonotonic(events);
  });

  test("of several steps, one of them repeated until it is enough", async () => {
    using folder = new RunFolder({
      "job.ts": jobOf(
        "pipeline(words).repeat(words2, { times: 5, until: ({ iteration }) => iteration === 2 }).step(lengths)",
      ).replace(
        "export default",
        `const words2 = defineJob({ input: outputOf(words), intermediate: { key: string(), value: int() },
  map(word, n, emit) { emit(word, n); }, reduce: sum });
export default`,
      ),
      "in/a.txt": TEXT,
    });
    for (const inline of [false, true]) {
      const { events } = await folder.run({ partitions: 1, slots: 1, inline });
      expect(linesOf(events)).toEqual([
        `job-started 1 files, ${TEXT.length} bytes, R 1, 1 slots, 3 steps`,
        "step-started 0.1, 3 maps, 1 reduces, some bytes",
        'step-ended 0.1, 200 in, 18 out, {"lines":200}',
        "step-started 1.1, 1 maps, 1 reduces, some bytes",
        "step-ended 1.1, 18 in, 18 out, {}",
        "step-started 1.2, 1 maps, 1 reduces, some bytes",
        "step-ended 1.2, 18 in, 18 out, {}",
        "step-started 2.1, 1 maps, 1 reduces, some bytes",
        "step-ended 2.1, 18 in, 3 out, {}",
        "job-ended with 1 parts",
      ]);
      expectMonotonic(events);
    }
  });

  test("of a last step that ends before its time: one more writes its parts", async () => {
    using folder = new RunFolder({
      "job.ts": jobOf("pipeline(words).repeat(again, { times: 5, until: () => true })").replace(
        "export default",
        `const again = defineJob({ input: outputOf(words), intermediate: { key: string(), value: int() },
  map(word, n, emit) { emit(word, n); }, reduce: sum });
export default`,
      ),
      "in/a.txt": TEXT,
    });
    const { events, result } = await folder.run({ partitions: 1 });
    expect(readManifest(result.output).steps).toEqual(result.steps);
    expect(linesOf(events).filter((line) => line.startsWith("step"))).toEqual([
      "step-started 0.1, 3 maps, 1 reduces, some bytes",
      'step-ended 0.1, 200 in, 18 out, {"lines":200}',
      "step-started 1.1, 1 maps, 1 reduces, some bytes",
      "step-ended 1.1, 18 in, 18 out, {}",
      "step-started 1.2, 0 maps, 1 reduces, some bytes",
      "step-ended 1.2, 0 in, 0 out, {}",
    ]);
    expect(result.steps).toHaveLength(2);
  });

  test("of attempts that fail and of one that succeeds at last", async () => {
    using folder = new RunFolder({ "in/a.txt": "one\ntwo\n" });
    const state = JSON.stringify(folder.at("state"));
    folder.write(
      "job.ts",
      jobFile({
        definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) {
    if (line === "two" && (existsSync(${state}) ? readFileSync(${state}, "utf8") : "").length < 2) {
      appendFileSync(${state}, "x");
      throw new Error("not yet");
    }
    emit(line, 1);
  },
  reduce: sum,`,
      }),
    );
    const { events } = await folder.run({ partitions: 1 });
    expect(linesOf(events)).toEqual([
      "job-started 1 files, 8 bytes, R 1, 2 slots, 1 steps",
      "step-started 0.1, 1 maps, 1 reduces, some bytes",
      'attempt-failed 0.1 map 0.0: Error: not yet, at 4 "two", again',
      'attempt-failed 0.1 map 0.1: Error: not yet, at 4 "two", again',
      "step-ended 0.1, 2 in, 2 out, {}",
      "job-ended with 1 parts",
    ]);
    const last = events.filter((event) => event.type === "progress").at(-1);
    expect([last?.map.retries, last?.reduce.retries]).toEqual([2, 0]);
  });

  test("of a run that fails, and of one that cannot begin", async () => {
    using folder = new RunFolder({
      "job.ts": jobOf("words").replace('count("lines");', 'throw new Error("no");'),
      "in/a.txt": "one\n",
    });
    const { error, events } = await folder.fail({ maxAttempts: 2 });
    expect(linesOf(events)).toEqual([
      "job-started 1 files, 4 bytes, R 2, 2 slots, 1 steps",
      "step-started 0.1, 1 maps, 2 reduces, some bytes",
      'attempt-failed 0.1 map 0.0: Error: no, at 0 "one", again',
      'attempt-failed 0.1 map 0.1: Error: no, at 0 "one", last',
      "job-ended USER_CODE",
    ]);
    const end = {
      type: "job-ended",
      ok: false,
      error: { code: error.code, message: error.message },
    };
    expect(events.at(-1)).toEqual(end);
    const missing = await folder.fail({ inputs: [folder.at("nothing")] });
    expect(linesOf(missing.events)).toEqual(["job-ended INPUT_MISSING"]);
  });

  test("of a job that may not work elsewhere: its warnings come first", async () => {
    using folder = new RunFolder({
      "job.ts": jobOf("words").replace(
        "export default",
        "const name = String(Math.random());\nif (name === '') await import(name);\nexport default",
      ),
      "in/a.txt": "one\n",
    });
    const { events } = await folder.run();
    expect(events[0]).toMatchObject({ type: "warning", message: expect.stringMatching(/import/) });
    expect(events[1]!.type).toBe("job-started");
  });

  test("progress goes on while one long task runs, and never goes back", async () => {
    using folder = new RunFolder({
      "job.ts": jobFile({
        before:
          "const spin = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };",
        definition: `  input: text(),
  intermediate: { key: int(), value: int() },
  map(_position, line, emit) { spin(2); emit(line.length, 1); },
  reduce(_key, values, emit) { for (const v of values) spin(1); emit(1); },`,
      }),
      "in/a.txt": TEXT,
    });
    const { events } = await folder.run({ splitBytes: 1 << 20, partitions: 1 });
    const records = events.flatMap((event) =>
      event.type === "progress" ? [event.map.records] : [],
    );
    expect(new Set(records).size).toBeGreaterThan(2);
    expectMonotonic(events);
  });

  test("an error of the caller's own comes through, and nothing is left behind", async () => {
    using folder = new RunFolder({ "job.ts": jobOf("words"), "in/a.txt": TEXT });
    const output = folder.freshOutput();
    const onEvent = (event: JobEvent) => {
      if (event.type === "step-ended") throw new Error("from the caller");
    };
    const options = {
      inputs: [folder.at("in")],
      output,
      workDirectory: folder.at("work"),
      onEvent,
    };
    await expect(run(folder.at("job.ts"), options)).rejects.toThrow("from the caller");
    expect(folder.leftovers(output)).toEqual([]);
  });
});
