import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFault } from "./json-fault.ts";

/** Where JSON.parse says that a text goes wrong, counted from 1; undefined if it does not say. */
function columnOfNode(text: string): number | "valid" | undefined {
  try {
    JSON.parse(text);
    return "valid";
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message);
    if (position !== null) return Number(position[1]) + 1;
    return message.startsWith("Unexpected end") ? text.length + 1 : undefined;
  }
}

test.each([
  ["", 1, "the line ends where a value was expected"],
  ["nul", 1, "a value was expected"],
  ["[1,]", 4, "a value was expected"],
  ["{'a': 1}", 2, "a name in double quotes was expected"],
  ['{"a" 1}', 6, '":" was expected'],
  ['{"a": 1 "b"}', 9, '"," or "}" was expected'],
  ['"abc', 5, "the line ends within a string"],
  ['"a\\x"', 3, "an escape that JSON does not have"],
  ['"a\tb"', 3, "a control character within a string"],
  ["1 2", 3, "more follows its end"],
  ["01", 2, "more follows its end"],
  ["[1.]", 3, '"," or "]" was expected'],
])("jsonFault: %s", (text, column, what) => {
  expect(jsonFault(text)).toEqual({ column, what });
});

test("jsonFault: stands where JSON.parse stops, wherever that says so", () => {
  const damaged = fc
    .tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("", ",", "}", "]", '"', ":", "{", "x", " "),
    )
    .map(([json, at, put]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + put + json.slice(place + 1);
    });
  let compared = 0;
  fc.assert(
    fc.property(damaged, (text) => {
      const column = columnOfNode(text);
      if (column === "valid") return;
      const fault = jsonFault(text);
      expect(fault.column).toBeLessThanOrEqual(text.length + 1);
      // Within a number, a literal or an escape the two stop at different characters.
      if (column === undefined || /[\d.eE+\-a-z\\]/.test(text.slice(fault.column - 1, column)))
        return;
      expect(fault.column).toBe(column);
      compared++;
    }),
    { numRuns: 2000 },
  );
  expect(compared).toBeGreaterThan(200);
});

test("jsonFault: a value nested too deeply is told from one that is broken", () => {
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  expect(jsonFault(deep).what).toBe("it is nested too deeply");
  expect(jsonFault(deep.slice(0, -1)).what).toContain("the line ends where");
});
