import { afterAll, expect, test } from "vitest";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder, wordLines } from "./support/input-folder.ts";
import { shell } from "./support/shell.ts";

const folder = new InputFolder();
afterAll(() => folder.remove());
const dice = new Dice(10);

test("sort: the parts in order are what LC_ALL=C sort prints", async () => {
  const noise = Buffer.from(
    Array.from({ length: 4000 }, () => dice.of([0, 9, 10, 10, 13, 65, 97, 128, 255])),
  );
  const inputs = [
    folder.write("words.txt", `${wordLines(dice, 300).join("\n")}\n`),
    folder.write("unended.txt", wordLines(dice, 40).join("\n")),
    folder.write("noise.bin", noise),
    folder.write("empty.txt", ""),
    folder.write("crlf.txt", wordLines(dice, 100).join("\r\n")),
    folder.write("marked.txt", `\ufeff${wordLines(dice, 40).join("\r\n")}\r\n`),
  ];
  const expected = shell(`sort "$@"`, ...inputs);
  for (const { bytes } of await runExample("sort", inputs)) {
    expect(bytes.equals(expected)).toBe(true);
  }
});

test("sort: a CR and a byte order mark are part of their line, and sort with it", async () => {
  const input = folder.write("exact.txt", "\ufeffb\na\r\nab\na\n\r\n\n");
  for (const { text } of await runExample("sort", [input], { format: "lines" })) {
    expect(text).toBe("\n\r\na\na\r\nab\n\ufeffb\n");
  }
});

test("sort: records that are lines come as sort orders them by key, ties in input order", async () => {
  // Of two letters, so that many keys are equal.
  const key = () => Array.from({ length: 10 }, () => dice.of(["a", "b"])).join("");
  const line = (_: unknown, index: number) => `${key()} ${index}`.padEnd(99, dice.of([".", "#"]));
  const lines = Array.from({ length: 3000 }, line);
  const input = folder.write("records.txt", `${lines.join("\n")}\n`);
  const expected = shell(`sort -s -k 1.1,1.10 "$1"`, input);
  for (const { bytes } of await runExample("sort", [input], { format: "records" })) {
    expect(bytes.equals(expected)).toBe(true);
  }
});

test("sort: records of any bytes stay as they are", async () => {
  const records = Array.from({ length: 500 }, () => {
    return Buffer.from(Array.from({ length: 100 }, () => dice.of([0, 1, 10, 13, 127, 128, 255])));
  });
  const input = folder.write("records.bin.gz", Buffer.concat(records));
  const byKey = (a: Buffer, b: Buffer) => Buffer.compare(a.subarray(0, 10), b.subarray(0, 10));
  const expected = Buffer.concat([...records].sort(byKey));
  for (const { bytes } of await runExample("sort", [input], { format: "records" })) {
    expect(bytes.equals(expected)).toBe(true);
  }
});

test("sort: another format is refused", async () => {
  await expect(runExample("sort", [folder.path], { format: "words" })).rejects.toThrow(/format/);
});
