import { describe, expect, test } from "vitest";
import { amidGarbage, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { array } from "./array.ts";
import { grouped } from "./grouped.ts";
import { int } from "./int.ts";
import { string } from "./string.ts";
import { tuple } from "./tuple.ts";

describe("grouped()", () => {
  test("writes what a tuple of two writes", () => {
    const codec = grouped(string(), int());
    expect(codec.name).toBe("grouped(string(), int())");
    expect(lastForm(codec, ["a", 7])).toEqual(lastForm(tuple(string(), int()), ["a", 7]));
    expect(textOf(codec, ["a", 7])).toBe("a\t7");
  });

  test("the group is the bytes of the primary field: the same for each second field", () => {
    const codec = grouped(array(string()), string());
    for (const order of ["", "x", "\0"]) {
      const reader = amidGarbage(lastForm(codec, [["k", "l"], order]));
      const start = reader.position;
      codec.skipGroup!(reader);
      const group = reader.bytes.subarray(start, reader.position);
      expect(group).toEqual(innerForm(array(string()), ["k", "l"]));
    }
  });

  test("other codecs have no group but the whole key", () => {
    expect(tuple(string(), int()).skipGroup).toBe(undefined);
    expect(string().skipGroup).toBe(undefined);
  });

  test("refuses a key whose primary field is cut off", () => {
    const reader = amidGarbage(Buffer.from("abc"));
    expect(() => grouped(string(), int()).skipGroup!(reader)).toThrow(
      expect.objectContaining({ code: "REGION_CORRUPT" }),
    );
  });
});
