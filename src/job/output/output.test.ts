import { describe, expect, test } from "vitest";
import { amidGarbage, lastForm } from "../../../test/support/forms.ts";
import { ByteReader, ByteWriter } from "../../base/bytes.ts";
import { bytes } from "../codec/bytes.ts";
import type { KeyCodec } from "../codec/codec.ts";
import { int } from "../codec/int.ts";
import { bytesOutput } from "./bytes-output.ts";
import { ndjsonOutput } from "./ndjson-output.ts";
import type { OutputFormat } from "./output.ts";
import { textOutput } from "./text-output.ts";

/** Text as it stands: enough of a codec for a format, and it counts what is decoded. */
class PlainText implements KeyCodec<string> {
  readonly name = "plain()";
  readonly ordered = true;
  decoded = 0;
  write(writer: ByteWriter, value: string): void {
    writer.writeText(value);
  }
  read(reader: ByteReader): string {
    this.decoded++;
    return reader.bytes.toString("utf8", reader.position, reader.end);
  }
  writeLast(writer: ByteWriter, value: string): void {
    this.write(writer, value);
  }
  readLast(reader: ByteReader): string {
    return this.read(reader);
  }
  writeText(writer: ByteWriter, reader: ByteReader): void {
    writer.writeBytes(reader.bytes, reader.position, reader.end);
  }
}

const RECORDS: [string, string][] = [
  ["the", "12"],
  ["", ""],
  ["día\t", "two\nlines"],
];

function written(format: OutputFormat<string, string>, codec = new PlainText()): string {
  const part = new ByteWriter(4);
  const formatter = format.formatter({ key: codec, value: codec });
  for (const [key, value] of RECORDS) {
    formatter.write(part, reader(key), reader(value));
  }
  return Buffer.from(part.written()).toString();
}

/** A reader in the middle of a larger buffer, as the engine's are. */
function reader(text: string): ByteReader {
  const bytes = Buffer.from(`<<${text}>>`);
  return new ByteReader(bytes, 2, bytes.length - 2);
}

describe("textOutput", () => {
  test("key, tab and value on a line, as they are, and nothing is decoded", () => {
    const codec = new PlainText();
    expect(written(textOutput(), codec)).toBe("the\t12\n\t\ndía\t\ttwo\nlines\n");
    expect(codec.decoded).toBe(0);
  });

  test("only the keys, or only the values", () => {
    expect(written(textOutput({ only: "keys" }))).toBe("the\n\ndía\t\n");
    expect(written(textOutput({ only: "values" }))).toBe("12\n\ntwo\nlines\n");
  });

  test("a line of the job's own making gets the decoded key and value", () => {
    const format = textOutput<string, string>({ line: (key, value) => `${value}=${key}` });
    expect(written(format)).toBe("12=the\n=\ntwo\nlines=día\t\n");
  });

  test("a line that is not a string is refused, and the message says what came", () => {
    const line = (() => Promise.resolve("late")) as unknown as () => string;
    expect(() => written(textOutput({ line }))).toThrow("returned object; it must return a string");
  });
});

describe("ndjsonOutput", () => {
  test("an object with key and value on each line, line breaks escaped", () => {
    expect(written(ndjsonOutput())).toBe(
      '{"key":"the","value":"12"}\n{"key":"","value":""}\n' +
        '{"key":"día\\t","value":"two\\nlines"}\n',
    );
  });

  test("only the keys, only the values, or a document of the job's own making", () => {
    expect(written(ndjsonOutput({ only: "keys" }))).toBe('"the"\n""\n"día\\t"\n');
    expect(written(ndjsonOutput({ only: "values" }))).toBe('"12"\n""\n"two\\nlines"\n');
    const record = (key: string, value: string) => [key.length, BigInt(value.length)];
    expect(written(ndjsonOutput({ record }))).toBe('[3,"2"]\n[0,"0"]\n[4,"9"]\n');
  });

  test("a document that is undefined is null, so that every record is a line", () => {
    expect(written(ndjsonOutput({ record: () => undefined }))).toBe("null\nnull\nnull\n");
  });
});

describe("bytesOutput", () => {
  test("the values in a row, as they are, and nothing is decoded", () => {
    const codec = new PlainText();
    expect(written(bytesOutput(), codec)).toBe("12two\nlines");
    expect(codec.decoded).toBe(0);
  });

  test("values of bytes() that are no text come as they are, whatever their length", () => {
    const part = new ByteWriter(4);
    const { write } = bytesOutput<number, Uint8Array>().formatter({ key: int(), value: bytes() });
    const values = [[], [0], [255, 0, 10], Array.from({ length: 300 }, (_, i) => i & 255)];
    const encoded = values.map((value) => lastForm(bytes(), Buffer.from(value)));
    for (const value of encoded) write(part, amidGarbage(lastForm(int(), 7)), amidGarbage(value));
    expect([...part.written()]).toEqual(values.flat());
  });

  test("values of other codecs come as their text", () => {
    const part = new ByteWriter(4);
    const { write } = bytesOutput<number, number>().formatter({ key: int(), value: int() });
    const one = lastForm(int(), 1);
    for (const value of [-5, 12])
      write(part, amidGarbage(one), amidGarbage(lastForm(int(), value)));
    expect(Buffer.from(part.written()).toString()).toBe("-512");
  });

  test("refuses options that the compiler would have refused", () => {
    const unchecked = bytesOutput as (options: unknown) => unknown;
    expect(() => unchecked({ only: "values" })).toThrow(
      'bytesOutput() has no option "only". Its options are gzip.',
    );
    expect(() => unchecked({ gzip: 1 })).toThrow(
      "bytesOutput() cannot take gzip 1: it is true or false.",
    );
  });
});

describe.each([
  ["bytesOutput()", bytesOutput],
  ["textOutput()", textOutput],
  ["ndjsonOutput()", ndjsonOutput],
] as const)("%s", (name, make) => {
  test("compresses where it is told to", () => {
    expect(make().compression).toBe("none");
    expect(make({ gzip: true }).compression).toBe("gzip");
  });

  test("stands for a function of the params that gives it, and keeps its name", () => {
    const format = make({ gzip: true });
    expect(format({}).compression).toBe("gzip");
    expect([format.name, format({}).name]).toEqual([name, name]);
  });
});

describe.each([
  ["textOutput()", "line", textOutput],
  ["ndjsonOutput()", "record", ndjsonOutput],
] as const)("%s", (name, field, make) => {
  const unchecked = make as (options: unknown) => OutputFormat<unknown, unknown>;

  test("refuses options that the compiler would have refused", () => {
    expect(() => unchecked({ zip: true })).toThrow(
      `${name} has no option "zip". Its options are gzip, only, ${field}.`,
    );
    expect(() => unchecked({ gzip: "yes" })).toThrow(
      `${name} cannot take gzip "yes": it is true or false.`,
    );
    expect(() => unchecked({ only: "value" })).toThrow(
      `${name} cannot take only "value": it is one of "keys", "values".`,
    );
    expect(() => unchecked({ [field]: "x" })).toThrow(`"${field}" must be a function`);
    expect(() => unchecked({ [field]: () => "", only: "keys" })).toThrow("exclude each other");
  });
});
