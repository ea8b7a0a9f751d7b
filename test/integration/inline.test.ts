/**
 * `--inline` beyond its output, which every test of equality compares: what it costs, what the job's
 * functions see, and how it ends.
 */

import { describe, expect, test } from "vitest";
import { Command } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";
import { runJob } from "./support/text-job.ts";

const WORD_COUNT = jobFile({
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { for (const word of line.split(" ")) emit(word, 1); },
  reduce: sum,`,
});

const MIB = 1024 * 1024;

describe("a run in this thread", () => {
  test("needs a heap of a small multiple of its input", async () => {
    const words = Array.from({ length: 1000 }, (_, i) => `w${i * 997}`);
    const text = `${words.join(" ")}\n`.repeat(1200);
    using folder = new RunFolder({ "job.ts": WORD_COUNT, "in/text.txt": text });
    expect(text.length).toBeGreaterThan(8 * MIB);
    // Not the memory that it took: a heap with room to spare grows by the collector's mood.
    const heapMiB = Math.floor((4 * text.length) / MIB);
    const call = ["run", "job.ts", "in", "-o", "out", "--inline"];
    const env = { ...process.env, NODE_OPTIONS: `--max-old-space-size=${heapMiB}` };
    const { code, stderr } = await new Command(folder.path, call, false, env).ended();
    expect(stderr).toContain("1,200,000");
    expect(code).toBe(0);
  });

  test("tells its functions where they are", async () => {
    const ran = await runJob(
      `  intermediate: { key: string(), value: string() },
  partition: (key) => (key === "alpha" ? 0 : 1),
  map(_position, line, emit, { attempt }) { emit(line.split(" ")[0], attempt.phase); },
  reduce(_key, [phase], emit, { attempt }) {
    emit(phase + " " + attempt.phase + " " + attempt.task + " " + attempt.attempt);
  },`,
      { inline: true },
    );
    expect(ran.text).toBe("alpha\tmap reduce 0 0\nbeta\tmap reduce 1 0\ngamma\tmap reduce 1 0\n");
  });
});
