import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { SheafError } from "../base/error.ts";
import { int } from "./codec/int.ts";
import { json } from "./codec/json.ts";
import { string } from "./codec/string.ts";
import { sum } from "./functions.ts";
import { text } from "./input/text.ts";
import { type AnyJob, defineJob } from "./job.ts";
import { textOutput } from "./output/text-output.ts";
import { range } from "./partitioner.ts";

const LEAST = {
  input: text(),
  intermediate: { key: string(), value: int() },
  map() {},
  reduce: sum,
};

/** As a caller whom no compiler checked. */
const unchecked = defineJob as unknown as (definition: unknown) => AnyJob;

function refusalOf(definition: unknown): string {
  try {
    unchecked(definition);
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    expect(error.code).toBe("JOB_INVALID");
    return error.message;
  }
  throw new Error("It was taken.");
}

describe("defineJob", () => {
  test("fills in what a job leaves out, and freezes it", () => {
    const job = defineJob(LEAST);
    const { definition } = job;
    expect(definition.result).toBe(definition.value);
    expect(definition.partition).toMatchObject({ kind: "hash" });
    expect(definition.output({}).name).toBe("textOutput()");
    expect(definition.input({}).name).toBe("text()");
    expect(Object.isFrozen(job) && Object.isFrozen(definition)).toBe(true);
  });

  test("takes every field, of each kind that it may be of", () => {
    const schema = v.object({ format: v.string() });
    const functionSchema = Object.assign(() => undefined, schema);
    for (const params of [schema, functionSchema]) {
      const job = unchecked({
        ...LEAST,
        params,
        input: () => text(),
        result: json(),
        partition: range(),
        combine: (a: number, b: number) => a + b,
        output: () => textOutput(),
      });
      expect(job.definition.params).toBe(params);
    }
  });

  test.each([
    ["reducer", "reduce"],
    ["combiner", "combine"],
    ["partitoin", "partition"],
    ["Output", "output"],
    ["intermediates", "intermediate"],
  ])("a field that is called %s was meant to be %s", (name, meant) => {
    expect(refusalOf({ ...LEAST, [name]: sum })).toBe(
      `"${name}" is not a field of a job. Did you mean "${meant}"?`,
    );
  });

  test("a field that is like none is refused with the names of all", () => {
    expect(refusalOf({ ...LEAST, sorting: true })).toBe(
      '"sorting" is not a field of a job. The fields are params, input, intermediate, result, ' +
        "partition, map, combine, reduce, output.",
    );
  });

  test.each([
    ["params", { n: 1 }, '"params" must be a Standard Schema'],
    ["params", () => ({}), '"params" must be a Standard Schema'],
    ["input", "logs/", '"input" must be an input format such as text()'],
    ["intermediate", undefined, '"intermediate.key" must be a codec that keeps order'],
    ["intermediate", { key: json(), value: int() }, '"intermediate.key" must be a codec'],
    ["intermediate", { key: string() }, '"intermediate.value" must be a codec'],
    ["result", "string", '"result" must be a codec'],
    ["map", undefined, '"map" must be a function'],
    ["combine", "sum", '"combine" must be a function of two values'],
    ["reduce", undefined, '"reduce" must be a function, or a built-in'],
    ["partition", "hash", '"partition" must be hash(), range() or a function'],
    ["output", "text", '"output" must be an output format'],
  ])("%s may not be %j", (name, value, message) => {
    expect(refusalOf({ ...LEAST, [name]: value })).toContain(message);
  });

  test("what is no object is refused", () => {
    expect(refusalOf(undefined)).toContain("defineJob takes an object");
  });
});
