import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, bytesInOrder, linesInAnyOrder } from "./answers.ts";

describe("answers", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "sheaf-bench-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const digest = (answer: Answer, ...contents: string[]) => {
    const files = contents.map((_content, index) => path.join(folder, `part-${index}`));
    for (const [index, file] of files.entries()) writeFileSync(file, contents[index]!);
    return answer(files);
  };

  test("bytes in order: only how they are spread over the files makes no difference", async () => {
    const whole = await digest(bytesInOrder, "a\nb\n");
    expect(await digest(bytesInOrder, "a\n", "b\n")).toBe(whole);
    expect(await digest(bytesInOrder, "b\na\n")).not.toBe(whole);
  });

  test("lines in any order: a line more, less or changed makes the difference", async () => {
    const whole = await digest(linesInAnyOrder, "a 1\nb 2\nb 2\n");
    expect(await digest(linesInAnyOrder, "b 2\n", "b 2\na 1\n")).toBe(whole);
    expect(await digest(linesInAnyOrder, "a 1\nb 2\n")).not.toBe(whole);
    expect(await digest(linesInAnyOrder, "a 2\nb 1\nb 2\n")).not.toBe(whole);
  });
});
