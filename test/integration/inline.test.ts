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

  test("stops at a breakpoint in the job's own .ts", async () => {
    using folder = new RunFolder({
      "job.ts": WORD_COUNT,
      "in/text.txt": "one two\n",
      "debugger.mjs": DEBUGGER,
    });
    const call = ["run", "job.ts", "in", "-o", "out", "--inline", "--quiet"];
    const preload = `--inspect=127.0.0.1:0 --import ${folder.at("debugger.mjs")}`;
    const env = { ...process.env, NODE_OPTIONS: preload };
    const { code, stdout } = await new Command(folder.path, call, false, env).ended();
    const line = WORD_COUNT.split("\n").findIndex((text) => text.includes("map("));
    expect(stdout).toBe(`paused at ${folder.at("job.ts")}:${line}, where line is one two\n`);
    expect(code).toBe(0);
  });
});

/**
 * A debugger in a thread of its own, as an editor's is in a process of its own: it stops before the
 * job's module runs, sets a breakpoint in it, and says where in which file the module stopped.
 */
const DEBUGGER = `
import { once } from "node:events";
import { writeSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url));
  await once(worker, "message");
  worker.unref();
} else {
  // What a session waits for does not keep its thread.
  setInterval(() => {}, 60_000);
  const session = new Session();
  session.connectToMainThread();
  const scripts = new Map();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.set(params.scriptId, params));
  session.on("Debugger.paused", async ({ params }) => {
    const { callFrameId, location } = params.callFrames[0];
    const { scriptId } = location;
    const script = scripts.get(scriptId);
    if (params.reason === "instrumentation") {
      if (script.url.includes(".sheaf-")) {
        const { scriptSource } = await session.post("Debugger.getScriptSource", { scriptId });
        const lineNumber = scriptSource.split("\\n").findIndex((line) => line.includes(".split("));
        await session.post("Debugger.setBreakpoint", { location: { scriptId, lineNumber } });
      }
    } else {
      const map = Buffer.from(script.sourceMapURL.split("base64,")[1], "base64").toString();
      const { lineNumber, columnNumber } = location;
      const origin = new SourceMap(JSON.parse(map)).findEntry(lineNumber, columnNumber);
      const path = fileURLToPath(origin.originalSource);
      const expression = "line";
      const line = await session.post("Debugger.evaluateOnCallFrame", { callFrameId, expression });
      writeSync(1, \`paused at \${path}:\${origin.originalLine}, where line is \${line.result.value}\\n\`);
      // Which resumes it.
      return session.disconnect();
    }
    await session.post("Debugger.resume");
  });
  await session.post("Debugger.enable");
  const instrumentation = "beforeScriptWithSourceMapExecution";
  await session.post("Debugger.setInstrumentationBreakpoint", { instrumentation });
  parentPort.postMessage("ready");
}
`;
