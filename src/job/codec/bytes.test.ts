import { describe, expect, test } from "vitest";
import { fromInner, fromLast, innerForm, lastForm, textOf } from "../../../test/support/forms.ts";
import { ByteView } from "../../base/byte-view.ts";
import { ByteReader } from "../../base/bytes.ts";
import { bytes } from "./bytes.ts";

describe("bytes()", () => {
  test("the last form is the bytes, the inner form escapes and ends them", () => {
    const value = Uint8Array.of(0, 1, 2, 255);
    expect(lastForm(bytes(), value).toString("hex")).toBe("000102ff");
    expect(innerForm(bytes(), value).toString("hex")).toBe("0101010202ff00");
  });

  test("every length from 0 to 200 comes back, of zeros, ones and others", () => {
    for (const byte of [0, 1, 2, 255]) {
      for (let length = 0; length <= 200; length++) {
        const value = new Uint8Array(length).fill(byte);
        expect(fromLast(bytes(), lastForm(bytes(), value))).toStrictEqual(value);
        expect(fromInner(bytes(), innerForm(bytes(), value))).toStrictEqual(value);
      }
    }
  });

  test("one escape among many plain bytes is found, wherever it is", () => {
    for (let at = 0; at < 100; at++) {
      for (const byte of [0, 1]) {
        const value = new Uint8Array(100).fill(7);
        value[at] = byte;
        expect(innerForm(bytes(), value).length).toBe(102);
        expect(fromInner(bytes(), innerForm(bytes(), value))).toStrictEqual(value);
      }
    }
  });

  test("takes a Buffer or a view, and gives an array of its own", () => {
    expect(fromLast(bytes(), lastForm(bytes(), Buffer.from("ab")))).toStrictEqual(
      Uint8Array.of(0x61, 0x62),
    );
    const view = new ByteView(Buffer.from("xaby"), 1, 3);
    const form = lastForm(bytes(), view);
    const value = bytes().readLast(new ByteReader(form));
    form.fill(0);
    expect(value).toStrictEqual(Uint8Array.of(0x61, 0x62));
  });

  test("text outputs show the bytes as they stand", () => {
    expect(textOf(bytes(), Buffer.from("grüße"))).toBe("grüße");
  });

  test("refuses a string", () => {
    expect(() => lastForm(bytes(), "ab" as never)).toThrow(
      expect.objectContaining({
        code: "VALUE_INVALID",
        message: 'bytes() cannot carry "ab" (a string). Emit a Uint8Array, a Buffer or a ByteView.',
      }),
    );
  });

  test.each(["01", "6101", "610361", "61016100", "61"])("refuses the inner bytes %s", (form) => {
    expect(() => fromInner(bytes(), Buffer.from(form, "hex"))).toThrow();
    const reader = new ByteReader(Buffer.from(form, "hex"));
    expect(() => bytes().read(reader)).toThrow(expect.objectContaining({ code: "REGION_CORRUPT" }));
  });
});
