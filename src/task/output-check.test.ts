import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { errorOf, OutputFolder } from "../../test/support/output-folder.ts";

let folder: OutputFolder;
beforeEach(() => {
  folder = new OutputFolder();
});
afterEach(() => folder.remove());

describe("OutputCommitter.check", () => {
  test("takes a folder that is missing, parents and all, or empty", () => {
    folder.committer().check([]);
    folder.committer({ output: join(folder.around, "a", "b", "c") }).check([]);
    mkdirSync(folder.path);
    folder.committer().check([]);
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });

  test("refuses a folder that holds data, shows some of it and says what to do", () => {
    mkdirSync(folder.path);
    for (const name of ["d", "a", "c", "b"]) writeFileSync(join(folder.path, name), "");
    const error = errorOf(() => folder.committer().check([]));
    expect(error.code).toBe("OUTPUT_EXISTS");
    expect(error.message).toBe(
      `The output folder ${folder.path} holds data (4 entries: a, b, c, ...). ` +
        "Choose another, or pass --overwrite to replace it when the job succeeds.",
    );
  });

  test("a hidden file is data", () => {
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, ".hidden"), "");
    const error = errorOf(() => folder.committer().check([]));
    expect(error.message).toContain("(1 entry: .hidden)");
  });

  test("refuses a file, and a path below a file", () => {
    writeFileSync(folder.path, "");
    const file = errorOf(() => folder.committer({ overwrite: true }).check([]));
    expect(file.code).toBe("USAGE");
    expect(file.message).toContain(`${folder.path} is a file, and the output is a folder`);
    const below = errorOf(() =>
      folder.committer({ output: join(folder.path, "x", "y") }).check([]),
    );
    expect(below.message).toContain(
      `Cannot write to ${join(folder.path, "x", "y")}: ${folder.path} is a file`,
    );
  });

  test("refuses the root of the file system", () => {
    const error = errorOf(() => folder.committer({ output: "/", overwrite: true }).check([]));
    expect([error.code, error.message]).toEqual([
      "USAGE",
      "Cannot write to /: it is the root of the file system. Name a folder.",
    ]);
  });

  test("overwrite refuses the folder that the user is in, and those above it", () => {
    folder.runJob("old");
    mkdirSync(join(folder.path, "below"));
    for (const cwd of [folder.path, join(folder.path, "below")]) {
      const error = errorOf(() => folder.committer({ overwrite: true, cwd }).check([]));
      expect(error.code).toBe("USAGE");
      expect(error.message).toContain("the folder that you are in is there or below");
    }
    folder.committer({ overwrite: true, cwd: folder.around }).check([]);
  });

  test("overwrite refuses a folder that holds or is an input, through links too", () => {
    folder.runJob("old");
    const link = join(folder.around, "link");
    symlinkSync(folder.path, link);
    for (const input of [
      join(folder.path, "part-00000"),
      folder.path,
      join(link, "part-00000"),
      link,
    ]) {
      const error = errorOf(() =>
        folder.committer({ overwrite: true }).check(["elsewhere", input]),
      );
      expect(error.code).toBe("USAGE");
      expect(error.message).toContain(`it holds the input ${input}, which would be lost`);
    }
    folder.committer({ overwrite: true }).check([folder.around, `${folder.path}-2`]);
  });

  test("overwrite refuses the user's home folder, and what holds it", () => {
    const home = process.env["HOME"];
    process.env["HOME"] = join(folder.path, "me");
    try {
      mkdirSync(join(folder.path, "me", "photos"), { recursive: true });
      for (const output of [folder.path, join(folder.path, "me")]) {
        const error = errorOf(() => folder.committer({ output, overwrite: true }).check([]));
        expect(error.code).toBe("USAGE");
        expect(error.message).toContain("it holds your home folder");
      }
    } finally {
      process.env["HOME"] = home;
    }
  });
});
