import { describe, expect, test } from "vitest";
import { fromInner, fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { ByteView } from "../../base/byte-view.ts";
import { ByteWriter } from "../../base/bytes.ts";
import { string } from "./string.ts";

const hex = (bytes: Buffer) => bytes.toString("hex");
const strange = ["", "\0", "a\0b", "\x01", "é", "世界", "😀", "\ud800", "\udc00", "\udc00\ud800"];
const long = (text: string) => text.repeat(Math.ceil(100 / text.length));

describe("string()", () => {
  test("the last form of text is its UTF-8", () => {
    expect(hex(lastForm(string(), "aé世😀\0"))).toBe(hex(Buffer.from("aé世😀\0")));
  });

  test("the inner form ends with a zero and escapes 0x00 and 0x01", () => {
    expect(hex(innerForm(string(), ""))).toBe("00");
    expect(hex(innerForm(string(), "the"))).toBe("74686500");
    expect(hex(innerForm(string(), "\0\x01\x02"))).toBe("010101020200");
  });

  test("a lone surrogate takes three bytes, a pair four", () => {
    expect(hex(lastForm(string(), "\ud800"))).toBe("eda080");
    expect(hex(lastForm(string(), "\udfff"))).toBe("edbfbf");
    expect(hex(lastForm(string(), "\ud83d\ude00"))).toBe("f09f9880");
  });

  test.each([...strange, ...strange.filter((text) => text !== "").map(long)])(
    "%j comes back in both forms",
    (text) => {
      expect(fromLast(string(), lastForm(string(), text))).toBe(text);
      expect(fromInner(string(), innerForm(string(), text))).toBe(text);
    },
  );

  test("every length from 0 to 200 comes back, in one byte a character or in more", () => {
    for (const unit of ["x", "é", "世", "😀", "\udc00", "\x01"]) {
      for (let count = 0; count <= 200; count++) {
        const text = unit.repeat(count);
        expect(fromLast(string(), lastForm(string(), text))).toBe(text);
        expect(fromInner(string(), innerForm(string(), text))).toBe(text);
      }
    }
  });

  test("a text that is cut from a larger one, or put together, comes back", () => {
    const whole = "abcdefghij".repeat(20);
    const pieces = [whole.slice(7, 40), whole.slice(3) + whole.slice(5), `${whole}é`];
    for (const text of pieces) expect(fromLast(string(), lastForm(string(), text))).toBe(text);
  });

  test("a long text does not make the writer three times as long", () => {
    const writer = new ByteWriter(16);
    string().writeLast(writer, "a".repeat(1_000_000));
    expect(writer.bytes.length).toBeLessThan(1_100_000);
    writer.position = 0;
    string().writeLast(writer, "\ud800".repeat(1_000_000));
    expect(writer.position).toBe(3_000_000);
  });

  test("sorts by code point, where JavaScript sorts by code unit", () => {
    const [low, high] = ["\uffff", "😀"];
    expect(low < high).toBe(false);
    expect(Buffer.compare(lastForm(string(), low), lastForm(string(), high))).toBe(-1);
  });

  test("takes the bytes of a view as they are", () => {
    const line = Buffer.from("say the wörd");
    const view = new ByteView(line, 4, 7);
    expect(fromLast(string(), lastForm(string(), view))).toBe("the");
    expect(hex(innerForm(string(), view))).toBe(hex(innerForm(string(), "the")));
    expect(fromLast(string(), lastForm(string(), new ByteView(line, 8)))).toBe("wörd");
    expect(string().takesViews).toBe(true);
  });

  test("bytes of a view that are not UTF-8 are read as U+FFFD and written out unchanged", () => {
    const view = new ByteView(Buffer.from([0x61, 0xff, 0x62]));
    const form = lastForm(string(), view);
    expect(hex(form)).toBe("61ff62");
    expect(fromLast(string(), form)).toBe("a\ufffdb");
  });

  test("text outputs show it as it stands, lone surrogates as U+FFFD", () => {
    expect(textOf(string(), "naïve 😀 한국")).toBe("naïve 😀 한국");
    expect(textOf(string(), "a\ud800b\udc00")).toBe("a\ufffdb\ufffd");
    expect(textOf(string(), `${long("한")}\ud800`)).toBe(`${long("한")}\ufffd`);
  });

  test.each([
    [42, "42 (a number)"],
    [null, "null"],
    [undefined, "undefined"],
    [7n, "7n (a bigint)"],
    [["a"], "an array of 1"],
    [new Date(0), "1970-01-01T00:00:00.000Z (a Date)"],
    [new Map(), "an object (a Map)"],
    [{}, "an object"],
    [Object.create(null), "an object"],
    [() => 1, "a function"],
  ])("refuses %s and says so", (value, shown) => {
    expect(() => lastForm(string(), value as never)).toThrow(
      expect.objectContaining({
        code: "VALUE_INVALID",
        message: `string() cannot carry ${shown}. Emit a string, or String(value).`,
      }),
    );
  });
});
