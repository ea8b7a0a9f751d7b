import { describe, expect, test } from "vitest";
import { fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { ByteView } from "../../base/byte-view.ts";
import { array } from "./array.ts";
import { int } from "./int.ts";
import { json } from "./json.ts";
import { optional } from "./optional.ts";
import { string } from "./string.ts";
import { tuple } from "./tuple.ts";

describe("tuple()", () => {
  test("is the inner forms of its fields, and the last form of the last one", () => {
    const codec = tuple(string(), string());
    expect(innerForm(codec, ["a", "b"]).toString("hex")).toBe("61006200");
    expect(lastForm(codec, ["a", "b"]).toString("hex")).toBe("610062");
  });

  test("a tuple of no fields takes no bytes", () => {
    expect(lastForm(tuple(), []).length).toBe(0);
    expect(fromLast(tuple(), Buffer.of())).toEqual([]);
    expect(textOf(tuple(), [])).toBe("");
  });

  test("a field that begins another's does not get its order from the next field", () => {
    const codec = tuple(string(), int());
    const ascending: [string, number][] = [
      ["", 9],
      ["a", -1],
      ["a", 5],
      ["a\0", 0],
      ["a\x01", 0],
      ["aa", -9],
      ["b", -9],
    ];
    const forms = ascending.map((value) => lastForm(codec, value));
    expect([...forms].sort(Buffer.compare)).toEqual(forms);
  });

  test("takes views where its fields do", () => {
    const codec = tuple(string(), int());
    const form = lastForm(codec, [new ByteView(Buffer.from("key")), 3]);
    expect(fromLast(codec, form)).toEqual(["key", 3]);
  });

  test("text outputs show the fields between tabs, however deep", () => {
    const inner = tuple(string(), optional(int()));
    const codec = tuple(inner, inner, array(string()));
    const value = [["a", 1] as const, ["b", undefined] as const, ["c"]] as const;
    expect(textOf(codec, value)).toBe('a\t1\tb\t\t["c"]');
  });

  test("is named as it is written, and ordered if all of its codecs are", () => {
    expect(tuple(string(), json()).name).toBe("tuple(string(), json())");
    expect("ordered" in tuple(string(), int())).toBe(true);
    expect("ordered" in tuple(string(), json())).toBe(false);
  });

  test("refuses another number of fields, and a field of another type", () => {
    const codec = tuple(string(), int());
    for (const value of [["a"], ["a", 1, 2], "a1", undefined]) {
      expect(() => lastForm(codec, value as never)).toThrow(
        /^tuple\(string\(\), int\(\)\) cannot carry .*\. Emit an array of 2\.$/,
      );
    }
    expect(() => lastForm(codec, ["a", "1"] as never)).toThrow("int() cannot carry");
  });
});
