import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { InputFolder } from "../../../test/support/input-folder.ts";
import type { SheafError } from "../../base/error.ts";
import type { InputFormat, Position } from "./input.ts";
import { ndjson } from "./ndjson.ts";

/** The values of a file; where one is bad, the end of its message. */
async function valuesOf(
  content: string | Uint8Array,
  format: InputFormat<Position, unknown>,
): Promise<unknown[]> {
  using folder = new InputFolder({ "a.ndjson": content });
  const reader = format.open(folder.split("a.ndjson"));
  const seen: unknown[] = [];
  do {
    for (;;) {
      try {
        if (!reader.next()) break;
        seen.push(reader.value);
      } catch (error) {
        seen.push((error as SheafError).message.replace(/^.*?\.ndjson: /, ""));
      }
    }
  } while (await reader.fill());
  return seen;
}

describe("ndjson", () => {
  test("reads a value from each line and skips blank ones", async () => {
    const content = '{"a": [1, null]}\n\n  \t\r\n"text"\r\n 2\nnull\nfalse';
    expect(await valuesOf(content, ndjson())).toEqual([{ a: [1, null] }, "text", 2, null, false]);
  });

  test("says what is wrong with a line and where, and goes on behind it", async () => {
    const content = '{"ä": 1,}\n[1\n{"a":1} {"b":2}\n7\n';
    const advice = "Each line has to hold one whole JSON value.";
    expect(await valuesOf(content, ndjson())).toEqual([
      `it is not JSON: a name in double quotes was expected at column 9. ${advice}`,
      `it is not JSON: the line ends where "," or "]" was expected at column 3. ${advice}`,
      `it is not JSON: more follows its end at column 9. ${advice}`,
      7,
    ]);
  });

  test("a value that the schema refuses is a bad record", async () => {
    const schema = v.object({
      url: v.string(),
      size: v.pipe(
        v.string(),
        v.transform((size) => Number(size)),
        v.number("no number"),
      ),
    });
    const content =
      '{"url": "/", "size": "7"}\n{"url": 1, "size": "x"}\n[]\n{"url": "/b", "size": "8"}';
    const [first, second, third, fourth] = await valuesOf(content, ndjson(schema));
    expect(first).toEqual({ url: "/", size: 7 });
    expect(second).toMatch(/^it is not what the schema wants: url: .*; size: no number\. Correct/);
    expect(third).toMatch(/^it is not what the schema wants: /);
    expect(fourth).toEqual({ url: "/b", size: 8 });
  });

  test("a schema that validates later cannot be used", async () => {
    const schema = v.pipeAsync(
      v.string(),
      v.checkAsync(() => Promise.reject(new Error("unheard"))),
    );
    expect(await valuesOf('"a"', ndjson(schema))).toEqual([
      "ndjson(schema) needs a schema that validates at once, and this one gives a promise. " +
        "Take its asynchronous checks out, or make them in map.",
    ]);
  });

  test("invalid UTF-8 and lines over the limit are bad records", async () => {
    const latin1 = Buffer.from('"caf\xe9"\n"a long line"\n1\n', "latin1");
    expect(await valuesOf(latin1, ndjson({ lineBytesMax: 10 }))).toEqual([
      "it is not valid UTF-8 (0xE9 at byte 4). " +
        "JSON is UTF-8: convert the file first, for example with iconv.",
      "it is longer than 10 bytes. " +
        "If it is meant to be, raise the limit with ndjson({ lineBytesMax }).",
      1,
    ]);
  });

  test("names the record that was being read", () => {
    using folder = new InputFolder({ a: '\n{"a":1}\n{"b":\n' });
    const reader = ndjson().open(folder.split("a"));
    expect(reader.fill()).toBe(true);
    expect(reader.next()).toBe(true);
    expect(reader.key).toMatchObject({ path: "a", fileIndex: 0, offset: 1 });
    expect(() => reader.next()).toThrow("Cannot read the line at byte 9 of");
    expect(reader.position.offset).toBe(9);
    expect(reader.excerpt(100)).toBe('{"b":');
  });

  test("refuses options that do not exist", () => {
    expect(() => ndjson({ lines: 3 } as object)).toThrow('ndjson() has no option "lines".');
    expect(() => ndjson(v.string(), { lineBytesMax: -1 })).toThrow("lineBytesMax -1");
  });
});
