/**
 * What a job prints is kept with its output, by task.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunFolder } from "./support/run-folder.ts";
import { STRINGS_TO_INTS, THREE_LINES, textJob } from "./support/text-job.ts";

describe("what the job prints", () => {
  test("is kept in _logs, by task, and appears on no stream", async () => {
    using folder = new RunFolder({
      ...THREE_LINES,
      "job.ts": textJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    console.log("line: %s", line, { n: 1 });
    process.stderr.write("to stderr\\n");
    emit("a", 1);
  },
  reduce(_key, values, emit) { console.warn("in reduce"); emit([...values].length); },`),
    });
    const { result } = await folder.run({ partitions: 1 });
    const log = (name: string) => readFileSync(join(result.output, "_logs", name), "utf8");
    expect(log("map-00000.log")).toBe(
      ["alpha one", "beta two", "gamma three"]
        .map((line) => `line: ${line} { n: 1 }\nto stderr\n`)
        .join(""),
    );
    expect(log("reduce-00000.log")).toBe("in reduce\n");
  });

  test("of a failed attempt is not kept when another one wins", async () => {
    using folder = new RunFolder(THREE_LINES);
    const state = JSON.stringify(folder.at("state"));
    folder.write(
      "job.ts",
      textJob(`${STRINGS_TO_INTS}
  map(_position, line, emit) {
    const first = !existsSync(${state});
    writeFileSync(${state}, "");
    if (first) { console.log("first"); throw new Error("once"); }
    console.log("second");
    emit(line, 1);
  },
  reduce: sum,`),
    );
    const { result } = await folder.run({ partitions: 1 });
    const log = readFileSync(join(result.output, "_logs/map-00000.log"), "utf8");
    expect(log).toBe("second\n".repeat(3));
  });
});
