import { describe, expect, test } from "vitest";
import { FakeStream } from "../../test/support/fake-process.ts";
import { themeFor } from "./display/theme.ts";
import { NodeLog } from "./node-log.ts";

function logTo(stream: FakeStream, json: boolean): NodeLog {
  const now = () => new Date("2026-01-02T03:04:05.678Z");
  return new NodeLog(stream, { theme: themeFor(stream, {}), json, now });
}

describe("a node's log", () => {
  test("is a line with the time for each event", () => {
    const stream = new FakeStream();
    const log = logTo(stream, false);
    log.info("listening", "It listens.", { port: 1 });
    log.warn("trouble", "two\nlines \u001b[31mof it");
    const [first, second, rest] = stream.text.split("\n");
    expect(first).toBe("2026-01-02T03:04:05.678Z It listens.");
    expect(second).toMatch(/^2026-01-02T03:04:05.678Z two\S+lines \S+of it$/);
    expect(second).not.toContain("\u001b");
    expect(rest).toBe("");
  });

  test("is an object of JSON for each with --json, facts and all", () => {
    const stream = new FakeStream();
    const log = logTo(stream, true);
    log.info("listening", "It listens.", { port: 1 });
    log.warn("trouble", "two\nlines", { peer: undefined });
    expect(
      stream.text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        ...{ time: "2026-01-02T03:04:05.678Z", level: "info", event: "listening" },
        ...{ message: "It listens.", port: 1 },
      },
      {
        ...{ time: "2026-01-02T03:04:05.678Z", level: "warn", event: "trouble" },
        message: "two\nlines",
      },
    ]);
  });
});
