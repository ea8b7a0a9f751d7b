import { mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InputFolder } from "../../test/support/input-folder.ts";
import { refuseOutputInInput } from "./output-in-input.ts";

/** What is said of an output; undefined if it may be. */
async function refusal(
  folder: InputFolder,
  output: string,
  patterns: readonly string[],
  partName = "part-00000",
): Promise<string | undefined> {
  const question = { output, partName, patterns, cwd: folder.path };
  return await refuseOutputInInput(question).then(
    () => undefined,
    (error: Error) => error.message,
  );
}

describe("an output that the input takes in is refused", () => {
  test.each([
    ["in/out", "in"],
    ["in/deep/er/out", "in"],
    ["out", "."],
    ["in/out", "in/"],
    ["./in/../in/out", "in"],
    ["in/out", "in/*"],
    ["in/out", "i*"],
    ["in/out", "**"],
    ["in/out", "in/**/part-*"],
    ["in/_out", "in/_*"],
    ["_in/out", "_in"],
    ["link/out", "in"],
    ["in/out", "link"],
    ["in/out", "link/*"],
    ["dangling", "in"],
  ])("%s, of %s", async (output, pattern) => {
    using folder = new InputFolder({ "in/a.txt": "", "_in/a.txt": "" });
    symlinkSync("in", folder.at("link"));
    symlinkSync("in/later", folder.at("dangling"));
    const message = `Cannot write to ${output}: the input "${pattern}" takes it in, so that the`;
    expect(await refusal(folder, output, ["in/a.txt", pattern])).toContain(message);
  });

  test("an empty folder that is there, too", async () => {
    using folder = new InputFolder({ "in/a.txt": "" });
    mkdirSync(folder.at("in/out"));
    expect(await refusal(folder, "in/out", ["in"])).toContain("takes it in");
  });

  test("a pattern for compressed files takes in compressed parts alone", async () => {
    using folder = new InputFolder({ "in/a.gz": "" });
    expect(await refusal(folder, "in/out", ["in/**/*.gz"])).toBeUndefined();
    expect(await refusal(folder, "in/out", ["in/**/*.gz"], "part-00000.gz")).toBeDefined();
  });
});

describe("on S3 too", () => {
  test.each([
    ["s3://mine/in/out", "s3://mine/in/"],
    ["s3://mine/in/out/", "s3://mine/in"],
    ["s3://mine/out", "s3://mine"],
    ["s3://mine/out", "s3://mine/"],
    ["s3://mine/in/out", "s3://mine/in/*"],
    ["s3://mine/in/out", "s3://mine/**/part-*"],
    ["s3://mine/in/_out", "s3://mine/in/_*"],
  ])("%s is refused, of %s", async (output, pattern) => {
    using folder = new InputFolder();
    const patterns = ["s3://mine/in/a.txt", pattern];
    expect(await refusal(folder, output, patterns)).toContain(`the input "${pattern}" takes it in`);
  });

  test.each([
    ["s3://mine/out", "s3://mine/in/"],
    ["s3://mine/in-out", "s3://mine/in"],
    ["s3://mine/in/_out", "s3://mine/in/"],
    ["s3://mine/in/out", "s3://mine/in/*.txt"],
    ["s3://mine/in/out", "s3://other/in/"],
    ["s3://mine/in/out", "in/*"],
    ["in/out", "s3://in/"],
  ])("%s is taken, of %s", async (output, pattern) => {
    using folder = new InputFolder({ "in/a.txt": "" });
    expect(await refusal(folder, output, [pattern])).toBeUndefined();
  });
});

describe("an output that the input leaves out is taken", () => {
  test.each([
    ["out", "in"],
    ["in-out", "in"],
    ["in/_out", "in"],
    ["in/.work/out", "in"],
    ["in/out", "in/a.txt"],
    ["in/out", "in/*.txt"],
    ["in/out", "in/**/*.txt"],
    ["in/_out", "in/**"],
    ["in/sub/out", "in/*.txt"],
    ["out", "s3://bucket/in"],
    ["in/out", "nowhere/*"],
  ])("%s, of %s", async (output, pattern) => {
    using folder = new InputFolder({ "in/a.txt": "" });
    expect(await refusal(folder, output, [pattern])).toBeUndefined();
  });

  test("the input folder itself is left to the check of what an output holds", async () => {
    using folder = new InputFolder({ "in/a.txt": "" });
    expect(await refusal(folder, "in", ["in"])).toBeUndefined();
  });
});
