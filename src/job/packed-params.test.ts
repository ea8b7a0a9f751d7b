import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packParams, unpackParams } from "./packed-params.ts";

const key = fc.string().filter((name) => name !== "__proto__");
const texts = fc.dictionary(key, fc.string({ unit: "binary" }), { noNullPrototype: true });

describe("packParams and unpackParams", () => {
  test("bring the texts of a command line as they are", () => {
    fc.assert(
      fc.property(texts, (params) => {
        expect(unpackParams(packParams(params))).toEqual(params);
      }),
    );
  });

  test("bring what a program gives", () => {
    const params = { since: new Date(0), least: 3, names: ["a", "b"], key: new Uint8Array([1]) };
    expect(unpackParams(packParams(params))).toEqual(params);
    expect(unpackParams(packParams({}))).toEqual({});
  });

  test("refuse what is no data", () => {
    const refused = expect.objectContaining({ code: "VALUE_INVALID" });
    expect(() => packParams({ f: () => 1 })).toThrow(refused);
  });

  test("refuse bytes that are no params", () => {
    const invalid = expect.objectContaining({ code: "MESSAGE_INVALID" });
    for (const bytes of [[], [0xc1], [0x01], [0x90], [0xc0], [0x82, 0xa1]]) {
      expect(() => unpackParams(new Uint8Array(bytes)), String(bytes)).toThrow(invalid);
    }
  });
});
