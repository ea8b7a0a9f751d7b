import { describe, expect, test } from "vitest";
import {
  attemptFailed,
  FakeProcess,
  jobStarted,
  mapPhase,
  progress,
  reducePhase,
  stepStarted,
} from "../../../test/support/fake-process.ts";
import { FakeTerminal } from "../../../test/support/fake-terminal.ts";
import { LiveDisplay } from "./live-display.ts";
import { themeFor } from "./theme.ts";

function open(columns = 81, job = "job.ts") {
  const terminal = new FakeTerminal(columns);
  terminal.write("$ sheaf run\n");
  const process = new FakeProcess(terminal);
  const display = new LiveDisplay(process, {
    job,
    theme: themeFor(terminal, process.env, "linux"),
  });
  const feed = (...events: Parameters<LiveDisplay["event"]>[0][]): void => {
    for (const event of events) display.event(event);
    process.pass(100);
  };
  return { terminal, process, display, feed };
}

const MID_MAP = `$ sheaf run
job.ts  12 files, 100 MB, 2 slots                                          1.2 s
map     ━━━━━━━━━━──────────   50%  2/4 tasks  1.0M rec/s    50 MB/s  1.0 s left
reduce  ────────────────────    0%  0/2 tasks`;

function toMidMap({ process, feed }: ReturnType<typeof open>): void {
  feed(jobStarted());
  feed(stepStarted());
  process.pass(900);
  feed(progress(mapPhase(50), reducePhase(0)));
}

describe("LiveDisplay", () => {
  test("draws in place, below what was there, without a cursor", () => {
    const run = open();
    toMidMap(run);
    expect(run.terminal.screen()).toBe(MID_MAP);
    expect(run.terminal.cursorVisible).toBe(false);
  });

  test("draws ten times a second at the most, however fast events come", () => {
    const { terminal, process, display } = open();
    display.event(stepStarted());
    const before = terminal.writes;
    for (let i = 0; i < 1000; i++) {
      display.event(progress(mapPhase(i / 10), reducePhase(0)));
      process.pass(1);
    }
    expect(terminal.writes - before).toBeLessThanOrEqual(10);
    expect(terminal.screen()).toContain("99%");
  });

  test("shows what an event said at the next tick, if it came too soon after a frame", () => {
    const { terminal, process, display } = open();
    display.event(attemptFailed(0, "Error: no"));
    expect(terminal.screen()).not.toContain("Error: no");
    process.pass(100);
    expect(terminal.screen()).toContain("map 3, attempt 0 failed: Error: no");
  });

  test("shrinks when it has less to say, and leaves nothing behind", () => {
    const run = open();
    toMidMap(run);
    run.feed(attemptFailed(0, "Error: no"));
    run.feed(stepStarted(1, 1));
    expect(run.terminal.screen().split("\n")).toHaveLength(5);
    run.display.close();
    expect(run.terminal.screen()).toBe("$ sheaf run");
  });

  test("closed, it gives back the cursor and everything it took, and closes only once", () => {
    const run = open();
    toMidMap(run);
    run.display.close();
    const { writes } = run.terminal;
    run.display.close();
    run.display.event(jobStarted());
    run.display.cancelling();
    run.process.pass(1000);
    expect(run.terminal.writes).toBe(writes);
    expect(run.terminal.cursorVisible).toBe(true);
    expect(run.terminal.isWatched).toBe(false);
    expect(run.process.isQuiet).toBe(true);
  });

  test("somebody else's lines go above the block", () => {
    const run = open();
    toMidMap(run);
    run.terminal.write("one\n");
    run.terminal.write("two\n");
    run.feed(progress(mapPhase(50), reducePhase(0)));
    const lines = run.terminal.screen().split("\n");
    expect(lines.slice(0, 4)).toEqual([
      "$ sheaf run",
      "one",
      "two",
      expect.stringContaining("job.ts  12 files"),
    ]);
    expect(lines).toHaveLength(6);
  });

  test("a warning goes above the block, whole and once, and stays when the block has gone", () => {
    const run = open(41);
    toMidMap(run);
    const message = "job.ts:3:1 imports a module by a name that is only known at run time\x1b[2J";
    run.feed({ type: "warning", message });
    run.feed(progress(mapPhase(60), reducePhase(0)));
    const wrapped = [
      "$ sheaf run",
      "warning: job.ts:3:1 imports a module by a",
      " name that is only known at run time\\x1b[",
      "2J",
    ];
    const lines = run.terminal.screen().split("\n");
    expect(lines.slice(0, 4)).toEqual(wrapped);
    expect(lines.slice(4)).toEqual([
      expect.stringMatching(/^job.ts /),
      expect.stringMatching(/^map .* 60%/),
      expect.stringMatching(/^reduce /),
    ]);
    run.display.close();
    expect(run.terminal.screen().split("\n")).toEqual(wrapped);
  });

  test("somebody else's line without an end gets one", () => {
    const run = open();
    toMidMap(run);
    run.terminal.write("no newline");
    run.feed(progress(mapPhase(50), reducePhase(0)));
    run.display.close();
    expect(run.terminal.screen()).toBe("$ sheaf run\nno newline");
  });

  test("a narrowed terminal wraps the old block, and the new one replaces all of it", () => {
    const run = open();
    toMidMap(run);
    run.terminal.narrow(30);
    expect(run.terminal.screen().split("\n").slice(1)).toEqual([
      "job.ts                  1.2 s",
      "map     ━━━━━━━────────   50%",
      "reduce  ───────────────    0%",
    ]);
  });

  test("an echoed ^C does not disturb it", () => {
    const run = open();
    toMidMap(run);
    // The terminal itself echoes keys, past anybody who watches the stream.
    FakeTerminal.prototype.write.call(run.terminal, "^C");
    run.display.cancelling();
    expect(run.terminal.screen()).toBe(
      `${MID_MAP}\n        Cancelling… press Ctrl-C again to force.`,
    );
  });

  test("suspended, it leaves the terminal as it was, and comes back when continued", () => {
    const run = open();
    toMidMap(run);
    run.process.signals.emit("SIGTSTP", "SIGTSTP");
    expect(run.process.suspensions).toBe(1);
    expect(run.terminal.cursorVisible).toBe(true);
    expect(run.terminal.screen()).toBe("$ sheaf run");
    run.terminal.write("[1]+ Stopped\n");
    run.process.signals.emit("SIGCONT", "SIGCONT");
    expect(run.terminal.cursorVisible).toBe(false);
    expect(run.terminal.screen()).toContain("[1]+ Stopped\njob.ts");
  });

  test("gives back the cursor when the process exits under it", () => {
    const run = open();
    toMidMap(run);
    run.process.exit(1);
    expect(run.terminal.cursorVisible).toBe(true);
    expect(run.terminal.screen()).toBe("$ sheaf run");
  });
});
