/**
 * `--inline` beyond its output, which every test of equality compares: what it costs, what the job's
 * functions see, and how it ends.
 */

import { describe, expect, test } from "vitest";
import { sheaf } from "./support/command.ts";
import { jobFile, RunFolder } from "./support/run-folder.ts";
import { runJob } from "./support/text-job.ts";

const WORD_COUNT = jobFile({
  before: 'process.on("exit", () => console.log(process.resourceUsage().maxRSS * 1024));',
  definition: `  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit) { for (const word of line.split(" ")) emit(word, 1); },
  reduce: sum,`,
});

describe("a run in this thread", () => {
  test("takes a small multiple of its input", async () => {
    using folder = new RunFolder({ "job.ts": WORD_COUNT, "in/none.txt": "" });
    const words = Array.from({ length: 1000 }, (_, i) => `w${i * 997}`);
    folder.write("more/text.txt", `${words.join(" ")}\n`.repeat(1200));
    const peaks: number[] = [];
    for (const input of ["in", "more"]) {
      const call = ["run", "job.ts", input, "-o", `out-${input}`, "--inline", "--quiet"];
      const { stdout, code } = await sheaf(folder.path, ...call);
      expect(code).toBe(0);
      peaks.push(Number(stdout));
    }
    const inputBytes = folder.read("more/text.txt").length;
    expect(inputBytes).toBeGreaterThan(8e6);
    expect(peaks[1]! - peaks[0]!).toBeLessThan(30 * inputBytes);
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
