import { describe, expect, test } from "vitest";
import { checkShapes } from "./option-shapes.ts";

const LEAST = { inputs: ["in"], output: "out" };

describe("the options of a run, of a program that no compiler saw", () => {
  test.each<[object, string]>([
    [
      { inputs: "logs/" },
      "inputs is 'logs/'; it must be an array of strings, such as [\"logs/*.txt\"].",
    ],
    [{ inputs: ["a", 3] }, "inputs is [ 'a', 3 ]; it must be an array of strings"],
    [{ output: undefined }, "output is undefined; it must be a string."],
    [{ params: "a=1" }, "params is 'a=1'; it must be an object."],
    [{ cwd: 4 }, "cwd is 4; it must be a string."],
    [{ workDirectory: null }, "workDirectory is null; it must be a string."],
    [{ onEvent: "log" }, "onEvent is 'log'; it must be a function."],
    [{ signal: 3 }, "signal is 3; it must be an AbortSignal."],
    [{ overwrite: "no" }, "overwrite is 'no'; it must be true or false."],
    [{ inline: 1 }, "inline is 1; it must be true or false."],
    [{ overwritten: true }, 'run() has no option "overwritten". Did you mean "overwrite"?'],
    [{ colour: true }, 'run() has no option "colour". Its options are inputs, output, partitions,'],
  ])("%o are refused", (options, message) => {
    expect(() => checkShapes({ ...LEAST, ...options })).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringContaining(message) }),
    );
  });

  test("are needed", () => {
    expect(() => checkShapes(undefined)).toThrow(
      "run() takes options, such as { inputs, output }.",
    );
  });

  test("may be undefined, but for inputs and output", () => {
    const names = ["slots", "params", "signal", "onEvent", "overwrite", "inline", "cwd"];
    const given = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(() => checkShapes({ ...LEAST, ...given })).not.toThrow();
  });

  test("are taken as they should be", () => {
    const { signal } = new AbortController();
    const rest = { params: {}, overwrite: true, inline: false, cwd: "/", workDirectory: "/tmp" };
    expect(() => checkShapes({ ...LEAST, ...rest, signal, onEvent() {} })).not.toThrow();
  });
});
