import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { SheafError } from "../base/error.ts";
import { type Schema, validateParams } from "./params.ts";

/** What a schema makes of params that are wrong. */
async function refusalOf(schema: Schema<unknown, unknown> | undefined, raw = {}): Promise<string> {
  const error: unknown = await validateParams(schema, raw).catch((thrown: unknown) => thrown);
  if (!(error instanceof SheafError)) throw new Error("It was not refused.");
  expect(error.code).toBe("USAGE");
  return error.message;
}

/** A schema that is a function. */
function schemaOf<Out>(validate: Schema<unknown, Out>["~standard"]["validate"]) {
  return { "~standard": { version: 1, vendor: "test", validate } } as const;
}

const pattern = v.pipe(
  v.string(),
  v.transform((source) => new RegExp(source, "u")),
);

describe("params", () => {
  test("are what the schema makes of them, at once or later", async () => {
    expect(await validateParams(v.object({ pattern }), { pattern: "a|b" })).toEqual({
      pattern: /a|b/u,
    });
    const later = schemaOf((value) => Promise.resolve({ value: [value] }));
    expect(await validateParams(later, { n: "1" })).toEqual([{ n: "1" }]);
  });

  test("of a job without a schema are none", async () => {
    expect(await validateParams(undefined, {})).toEqual({});
    expect(await refusalOf(undefined, { n: 1, m: 2 })).toBe(
      'The job takes no params, but was given "n", "m".',
    );
  });

  test("that are refused come with every reason, and where it lies", async () => {
    const schema = v.strictObject({ n: v.number(), sizes: v.array(v.string()) });
    expect(await refusalOf(schema, { n: "1", sizes: ["a", 2] })).toBe(
      [
        "The job's params are not valid:",
        '  n: Invalid type: Expected number but received "1"',
        "  sizes.1: Invalid type: Expected string but received 2",
      ].join("\n"),
    );
  });

  test("that are missing come with how to give them", async () => {
    const schema = v.strictObject({ base: v.string(), top: v.string(), n: v.optional(v.string()) });
    expect(await refusalOf(schema, { tpo: "3", n: 3 })).toMatch(
      /received "tpo"\nGive them as --param base=VALUE --param top=VALUE\.$/,
    );
    expect(await refusalOf(v.object({ base: v.string() }), {})).toMatch(
      /\nGive it as --param base=VALUE\.$/,
    );
  });

  test("whose schema throws are refused with what it threw", async () => {
    expect(await refusalOf(v.object({ pattern }), { pattern: "(" })).toBe(
      "The job's params are not valid: " +
        "SyntaxError: Invalid regular expression: /(/u: Unterminated group",
    );
    const cause = new TypeError("no");
    const later = schemaOf(() => Promise.reject(cause));
    expect(await refusalOf(later)).toBe("The job's params are not valid: TypeError: no");
    await expect(validateParams(later, {})).rejects.toHaveProperty("cause", cause);
    const odd = schemaOf(() => {
      throw { at: "n" };
    });
    expect(await refusalOf(odd)).toBe(
      "The job's params are not valid: the schema threw { at: 'n' }",
    );
  });
});
