/**
 * `sheaf run --env` on this machine: what is refused, and what the job's code finds.
 */

import { describe, expect, test } from "vitest";
import { FakeProcess, jobResult } from "../../test/support/fake-process.ts";
import { main } from "./main.ts";

const RUN = ["run", "job.ts", "in.txt", "-o", "out"];

describe("sheaf run --env", () => {
  test("sets variables for whatever the run loads, with or without a value", async () => {
    const process = new FakeProcess();
    process.env.HERE = "as it is";
    let seen: Record<string, string | undefined> = {};
    process.run = async () => {
      seen = { ...process.env };
      return jobResult();
    };
    const words = ["--env", "A=1=2", "--env", "HERE", "--env", "EMPTY=", "--env", "LANG=de"];
    expect(await main([...RUN, ...words], process)).toBe(0);
    expect(seen).toEqual({ A: "1=2", HERE: "as it is", EMPTY: "", LANG: "de" });
  });

  test.each([
    [["=1"], '--env takes NAME=VALUE or NAME, of letters, digits and "_", not "=1".'],
    [["A-B=1"], '--env takes NAME=VALUE or NAME, of letters, digits and "_", not "A-B=1".'],
    [["A=1", "A=2"], "--env A was given twice; give it once."],
    [["NOWHERE"], "--env NOWHERE: there is no such variable here."],
    [[`A=${"x".repeat(70_000)}`], "--env A has more than 65536 characters"],
  ])("refuses %j", async (variables, message) => {
    const process = new FakeProcess();
    const words = variables.flatMap((variable) => ["--env", variable]);
    expect(await main([...RUN, ...words], process)).toBe(2);
    expect(process.errorText).toContain(`error: ${message}`);
    expect(process.env).toEqual({ LANG: "C.UTF-8" });
  });
});
