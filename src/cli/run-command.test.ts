import { describe, expect, test } from "vitest";
import {
  attemptFailed,
  FakeProcess,
  jobResult,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../../test/support/fake-process.ts";
import { FakeTerminal } from "../../test/support/fake-terminal.ts";
import { SheafError } from "../base/error.ts";
import { main } from "./main.ts";

const RUN = ["run", "jobs/word-count.ts", "in.txt", "-o", "out"];

/** A whole run in one go, with a failed attempt and ten seconds of progress. */
function wholeRun(process: FakeProcess): void {
  process.run = async (_job, { onEvent }) => {
    onEvent?.(jobStarted());
    onEvent?.(stepStarted());
    for (let megabytes = 0; megabytes <= 100; megabytes += 5) {
      process.pass(500);
      onEvent?.(progress(mapPhase(megabytes), reducePhase(0)));
      if (megabytes === 50) onEvent?.(attemptFailed(0, "Error: no"));
    }
    onEvent?.(progress(mapPhase(100), reducePhase(2)));
    const result = jobResult();
    onEvent?.({ type: "job-ended", ok: true, result });
    return result;
  };
}

describe("sheaf run: what is written where", () => {
  test("elsewhere than on a terminal: plain lines and a summary on stderr, nothing on stdout", async () => {
    const process = new FakeProcess();
    wholeRun(process);
    expect(await main(RUN, process)).toBe(0);
    expect(process.stdout.text).toBe("");
    const lines = process.errorText.split("\n");
    expect(lines[0]).toBe("word-count.ts: 12 files, 100 MB, 2 slots, 2 partitions");
    expect(process.errorText).toContain("map 3, attempt 0 failed: Error: no (will run again)\n");
    expect(process.errorText).toContain("✓ word-count.ts done in 4.2 s\n\n  output   out\n");
    expect(process.errorText).toContain("  retried  1 failed attempt\n");
  });

  test("on a terminal: the live block goes, the summary stays, and nothing is left behind", async () => {
    const terminal = new FakeTerminal();
    const process = new FakeProcess(terminal);
    wholeRun(process);
    expect(await main(RUN, process)).toBe(0);
    expect(terminal.screen()).toBe(`✓ word-count.ts done in 4.2 s

  output   out
           2 parts, 120,000 records, 586 KB
  retried  1 failed attempt

  MAP_INPUT_RECORDS  2,000,000`);
    expect(terminal.cursorVisible).toBe(true);
    expect(process.isQuiet).toBe(true);
  });

  test("on a terminal with --inline: plain lines, which a debugger does not tear", async () => {
    const terminal = new FakeTerminal();
    const process = new FakeProcess(terminal);
    wholeRun(process);
    expect(await main([...RUN, "--inline"], process)).toBe(0);
    expect(terminal.screen()).toContain("word-count.ts: 12 files, 100 MB, 2 slots, 2 partitions");
  });

  test("--quiet: nothing", async () => {
    const process = new FakeProcess(new FakeTerminal());
    wholeRun(process);
    expect(await main([...RUN, "--quiet"], process)).toBe(0);
    expect((process.stderr as FakeTerminal).writes).toBe(0);
    expect(process.stdout.text).toBe("");
  });

  test("--json: every event as a line on stdout, progress once a second, no summary", async () => {
    const process = new FakeProcess();
    wholeRun(process);
    expect(await main([...RUN, "--json"], process)).toBe(0);
    expect(process.errorText).toBe("");
    const events = process.stdout.text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const types = events.map((event) => event.type);
    expect(types.filter((type) => type !== "progress")).toEqual([
      "job-started",
      "step-started",
      "attempt-failed",
      "job-ended",
    ]);
    // 21 reports in 10.5 seconds.
    expect(types.filter((type) => type === "progress")).toHaveLength(11);
    expect(events[0]).toEqual(jobStarted());
    expect(events.at(-1)).toEqual({ type: "job-ended", ok: true, result: jobResult() });
  });

  test("--json: what the user's code prints goes to stderr, and stdout is given back", async () => {
    const process = new FakeProcess();
    process.run = async (_job, { onEvent }) => {
      onEvent?.(jobStarted());
      process.stdout.write("from the user's module\n");
      return jobResult();
    };
    await main([...RUN, "--json"], process);
    expect(process.errorText).toBe("from the user's module\n");
    expect(process.stdout.text).toBe(`${JSON.stringify(jobStarted())}\n`);
    process.stdout.write("after\n");
    expect(process.stdout.text).toMatch(/after\n$/);
  });

  test("--json: a run that is refused ends with an event, too, and its message is on stderr", async () => {
    const process = new FakeProcess();
    process.run = () => Promise.reject(new SheafError("INPUT_MISSING", "No such file."));
    expect(await main([...RUN, "--json"], process)).toBe(2);
    expect(JSON.parse(process.stdout.text)).toEqual({
      type: "job-ended",
      ok: false,
      error: { code: "INPUT_MISSING", message: "No such file." },
    });
    expect(process.errorText).toBe("error: No such file.\n");
  });

  test("--json: the engine's own last event is not repeated", async () => {
    const process = new FakeProcess();
    const error = { code: "USER_CODE", message: "It failed." };
    process.run = (_job, { onEvent }) => {
      onEvent?.({ type: "job-ended", ok: false, error });
      return Promise.reject(new SheafError("USER_CODE", error.message));
    };
    expect(await main([...RUN, "--json"], process)).toBe(1);
    expect(process.stdout.text.trimEnd().split("\n")).toHaveLength(1);
  });

  test("a failure's message stands as it is, its code frame and all", async () => {
    const message = [
      "The map task 3 failed 4 times:",
      "",
      "TypeError: x is undefined",
      "",
      "  12 | const x = undefined;",
      "> 13 | emit(x.length);",
      "     |      ^",
      "",
      "The record: a\tb",
    ].join("\n");
    const fail = () => Promise.reject(new SheafError("USER_CODE", message));
    const plain = new FakeProcess();
    plain.run = fail;
    expect(await main(RUN, plain)).toBe(1);
    expect(plain.errorText).toBe(`error: ${message}\n`);

    const terminal = new FakeTerminal();
    const live = new FakeProcess(terminal);
    live.run = fail;
    expect(await main(RUN, live)).toBe(1);
    expect(terminal.screen()).toBe(`error: ${message}`);
    expect(terminal.cursorVisible).toBe(true);
  });
});

describe("sheaf run: interrupts", () => {
  /** A run that ends only when it is cancelled, `cleanUpMs` after that. */
  function endlessRun(process: FakeProcess) {
    let started: () => void;
    let cleanedUp: () => void;
    const start = new Promise<void>((resolve) => {
      started = resolve;
    });
    const cleanUp = new Promise<void>((resolve) => {
      cleanedUp = resolve;
    });
    process.run = async (_job, { onEvent, signal }) => {
      onEvent?.(jobStarted());
      started();
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      await cleanUp;
      throw new SheafError("CANCELLED", "The run was cancelled; nothing was written.");
    };
    return { start, cleanUp: () => cleanedUp() };
  }

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s cancels, waits for the clean-up, and ends with %d", async (signal, expected) => {
    const process = new FakeProcess();
    const { start, cleanUp } = endlessRun(process);
    const ended = main(RUN, process);
    await start;
    process.signals.emit(signal, signal);
    expect(process.errorText).toContain("Cancelling... press Ctrl-C again to force.\n");
    cleanUp();
    expect(await ended).toBe(expected);
    expect(process.errorText).toMatch(/Cancelled. The output folder is as it was.\n$/);
    expect(process.exits).toEqual([]);
    expect(process.isQuiet).toBe(true);
  });

  test("the second forces the process to exit at once, the display taken off", async () => {
    const terminal = new FakeTerminal();
    const process = new FakeProcess(terminal);
    const { start, cleanUp } = endlessRun(process);
    const ended = main(RUN, process);
    await start;
    process.signals.emit("SIGINT", "SIGINT");
    process.pass(100);
    expect(terminal.screen()).toContain("Cancelling… press Ctrl-C again to force.");
    process.signals.emit("SIGINT", "SIGINT");
    expect(process.exits).toEqual([130]);
    expect(terminal.screen()).toBe("");
    expect(terminal.cursorVisible).toBe(true);
    cleanUp();
    await ended;
  });

  test("two in the same instant are one: npm passes on what the terminal has sent", async () => {
    const process = new FakeProcess();
    const { start, cleanUp } = endlessRun(process);
    const ended = main(RUN, process);
    await start;
    process.signals.emit("SIGINT", "SIGINT");
    process.pass(50);
    process.signals.emit("SIGINT", "SIGINT");
    expect(process.exits).toEqual([]);
    cleanUp();
    expect(await ended).toBe(130);
  });

  test("--json says so on stderr, and a run that was too far to be cancelled ends with 0", async () => {
    const process = new FakeProcess();
    process.run = async () => {
      process.signals.emit("SIGINT", "SIGINT");
      return jobResult();
    };
    expect(await main([...RUN, "--json"], process)).toBe(0);
    expect(process.errorText).toBe("Cancelling... press Ctrl-C again to force.\n");
  });

  test("a clean-up that fails is told, and the exit code is still that of the signal", async () => {
    const process = new FakeProcess();
    process.run = () => {
      process.signals.emit("SIGINT", "SIGINT");
      return Promise.reject(new SheafError("OUTPUT_FAILED", "Cannot remove it."));
    };
    expect(await main([...RUN, "--quiet"], process)).toBe(130);
    expect(process.errorText).toBe("error: Cannot remove it.\n");
  });
});
