import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { InputFolder } from "../../../test/support/input-folder.ts";
import type { SheafError } from "../../base/error.ts";
import { findInputFiles } from "./find-input-files.ts";

/** The names that patterns find, in order. */
async function namesOf(folder: InputFolder, ...patterns: string[]): Promise<string[]> {
  return (await folder.find(...patterns)).map(({ name }) => name);
}

/** The error of a pattern. */
async function failureOf(folder: InputFolder, pattern: string): Promise<SheafError> {
  try {
    await folder.find(pattern);
  } catch (error) {
    return error as SheafError;
  }
  throw new Error(`"${pattern}" did not fail.`);
}

describe("findInputFiles", () => {
  test("describes a file that is named itself", async () => {
    using folder = new InputFolder({ "logs/a.txt": "12345", "logs/b.log.gz": "", "c.ZST": "" });
    const [a, b, c] = await folder.find("logs/a.txt", folder.at("logs/b.log.gz"), "./c.ZST");
    const { modifiedMs } = folder.file("logs/a.txt");
    const path = folder.at("logs/a.txt");
    const base = { path, name: "a.txt", index: 0, sizeBytes: 5, modifiedMs };
    expect(a).toEqual({ ...base, compression: "none" });
    expect(b).toMatchObject({ name: "b.log.gz", index: 1, sizeBytes: 0, compression: "gzip" });
    expect(c).toMatchObject({ name: "c.ZST", index: 2, compression: "zstd" });
  });

  test("reads a folder with its subfolders, without hidden names", async () => {
    using folder = new InputFolder({
      "in/b.txt": "",
      "in/a/z.txt": "",
      "in/a/deep/er/y.txt": "",
      "in/.hidden": "",
      "in/_SUCCESS": "",
      "in/_tmp/x": "",
      "in/.git/x": "",
      "in/a/_x": "",
      "out/x": "",
    });
    expect(await namesOf(folder, "in")).toEqual(["a/deep/er/y.txt", "a/z.txt", "b.txt"]);
    expect(await namesOf(folder, "in/", "in/_tmp")).toEqual([
      "a/deep/er/y.txt",
      "a/z.txt",
      "b.txt",
      "x",
    ]);
    const within = await findInputFiles(["."], folder.at("in"));
    expect(within.map(({ path }) => path)).toEqual(
      ["a/deep/er/y.txt", "a/z.txt", "b.txt"].map((name) => folder.at(`in/${name}`)),
    );
  });

  test("orders a folder by the bytes of whole paths, and patterns as given", async () => {
    const names = ["B", "a-b/x", "a/x", "a0", "b", "é", "\uFF21", "😀"];
    using folder = new InputFolder(
      Object.fromEntries([...names].reverse().map((name) => [`in/${name}`, ""])),
    );
    const bytewise = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(bytewise).toEqual(names);
    expect(await namesOf(folder, "in")).toEqual(names);
    expect(await namesOf(folder, "in/é", "in/b", "in/a")).toEqual(["é", "b", "x"]);
  });

  test("keeps a file that is named twice twice", async () => {
    using folder = new InputFolder({ "in/a": "a" });
    const files = await folder.find("in", "in/a", "in/*");
    expect(files.map(({ name, index }) => [name, index])).toEqual([
      ["a", 0],
      ["a", 1],
      ["a", 2],
    ]);
  });

  test("matches globs, and names files below what the glob names outright", async () => {
    using folder = new InputFolder({
      "logs/2024/a.log": "",
      "logs/2024/b.txt": "",
      "logs/2025/c.log": "",
      "logs/2025/deep/d.log": "",
      "logs/e.log": "",
      "logs/_f.log": "",
      "logs/.g.log": "",
      "logs/2024/_logs/h.log": "",
    });
    expect(await namesOf(folder, "logs/**/*.log")).toEqual([
      "2024/a.log",
      "2025/c.log",
      "2025/deep/d.log",
      "e.log",
    ]);
    expect(await namesOf(folder, "logs/*/*.log")).toEqual(["2024/a.log", "2025/c.log"]);
    expect(await namesOf(folder, "logs/2024/{a.log,b.*}")).toEqual(["a.log", "b.txt"]);
    expect(await namesOf(folder, folder.at("logs/202[5-9]/*.log"))).toEqual(["2025/c.log"]);
    expect(await namesOf(folder, "logs/?.log")).toEqual(["e.log"]);
    expect(await namesOf(folder, "logs/_*")).toEqual(["_f.log"]);
    expect(await namesOf(folder, "logs/2024/_*/*")).toEqual(["_logs/h.log"]);
    expect(await namesOf(folder, "lo*/e.log")).toEqual(["logs/e.log"]);
  });

  test("a folder that a glob matches is read whole", async () => {
    using folder = new InputFolder({ "in/a/1": "", "in/a/b/2": "", "in/a/_3": "", "in/c": "" });
    expect(await namesOf(folder, "in/*")).toEqual(["a/1", "a/b/2", "c"]);
    expect(await namesOf(folder, "in/**")).toEqual(["a/1", "a/b/2", "c"]);
    expect(await namesOf(folder, "in/{a,a/b}")).toEqual(["a/1", "a/b/2"]);
  });

  test("a name with the characters of a glob is a file if there is one", async () => {
    using folder = new InputFolder({
      "a[1].txt": "",
      "a1.txt": "",
      "d{x}/f*": "",
      "d{x}/g": "",
      "!x": "",
    });
    expect(await namesOf(folder, "a[1].txt")).toEqual(["a[1].txt"]);
    expect(await namesOf(folder, "a[12].txt")).toEqual(["a1.txt"]);
    expect(await namesOf(folder, "d{x}")).toEqual(["f*", "g"]);
    expect(await namesOf(folder, "d\\{x\\}/*")).toEqual(["f*", "g"]);
    expect(await namesOf(folder, "!*")).toEqual(["!x"]);
  });

  test("follows links, and leaves out those that lead back", async () => {
    using folder = new InputFolder({ "real/f": "f", "real/sub/g": "g", "real-two/h": "h" });
    mkdirSync(folder.at("in"));
    symlinkSync(folder.at("real"), folder.at("in/a"));
    symlinkSync("../real/f", folder.at("in/linked"));
    symlinkSync(folder.at("in"), folder.at("real/back"));
    symlinkSync("..", folder.at("real/sub/up"));
    symlinkSync(folder.at("real-two"), folder.at("real/two"));
    const expected = ["a/f", "a/sub/g", "a/two/h", "linked"];
    expect(await namesOf(folder, "in")).toEqual(expected);
    expect(await namesOf(folder, "in/**")).toEqual(expected);
    expect(await namesOf(folder, "in/*")).toEqual(expected);
    expect(await namesOf(folder, "in/**/h")).toEqual(["a/two/h"]);
    expect(await namesOf(folder, "in/a/back/linked")).toEqual(["linked"]);
  });

  test("a folder of many files is found in order", async () => {
    const names = Array.from(
      { length: 300 },
      (_, index) => `d${index % 7}/${String(index).padStart(3, "0")}`,
    );
    using folder = new InputFolder(Object.fromEntries(names.map((name) => [`in/${name}`, name])));
    const files = await folder.find("in");
    expect(files.map(({ name }) => name)).toEqual([...names].sort());
    expect(files.map(({ index }) => index)).toEqual(names.map((_, index) => index));
  });
});

describe("findInputFiles says what is wrong", () => {
  test("no such file, and what may have been meant", async () => {
    using folder = new InputFolder({ "data/words.txt": "", "data/other": "" });
    const cases = [
      [
        "data/wrods.txt",
        `there is no ${folder.at("data/wrods.txt")}. Did you mean "data/words.txt"?`,
      ],
      ["date/words.txt", `there is no ${folder.at("date")}. Did you mean "data"?`],
      [folder.at("data/word.txt"), `Did you mean "${folder.at("data/words.txt")}"?`],
      ["data/words.txt/x", `there is no ${folder.at("data/words.txt/x")}. Check the path.`],
      [
        "nothing",
        `Cannot find the input "nothing": there is no ${folder.at("nothing")}. Check the path.`,
      ],
      [
        "date/*.txt",
        `Cannot find the input "date/*.txt": there is no ${folder.at("date")}. Did you`,
      ],
      ["", "An input has an empty name. Name a file, a folder or a glob."],
    ] as const;
    for (const [pattern, message] of cases) {
      const failure = await failureOf(folder, pattern);
      expect(failure.code).toBe("INPUT_MISSING");
      expect(failure.message).toContain(message);
    }
  });

  test("a glob that matches nothing, and a folder without files", async () => {
    using folder = new InputFolder({ "in/_SUCCESS": "", "in/.x/y": "" });
    const glob = await failureOf(folder, "in/*.txt");
    expect(glob.code).toBe("INPUT_MISSING");
    expect(glob.message).toContain(
      `Cannot find any input that matches "in/*.txt" in ${folder.path}.`,
    );
    const empty = await failureOf(folder, "in");
    expect(empty.code).toBe("INPUT_MISSING");
    expect(empty.message).toContain('Cannot find any input in the folder "in": it holds no files');
  });

  test("links to nowhere, named or found", async () => {
    using folder = new InputFolder({ "in/a": "" });
    symlinkSync("gone", folder.at("in/b"));
    symlinkSync("loop", folder.at("loop"));
    const named = await failureOf(folder, "in/b");
    expect(named.message).toBe(
      'Cannot find the input "in/b": it is a link to "gone", which is not there.',
    );
    expect((await failureOf(folder, "in")).message).toContain(
      `Cannot read ${folder.at("in/b")}: no such file`,
    );
    expect((await failureOf(folder, "in/*")).code).toBe("INPUT_UNREADABLE");
    expect((await failureOf(folder, "loop")).message).toContain("too many symbolic links");
  });

  test("pipes, sockets and devices, which a job must not wait for", async () => {
    using folder = new InputFolder({ "in/a": "" });
    execFileSync("mkfifo", [folder.at("in/pipe")]);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(folder.at("socket"), resolve));
    try {
      for (const pattern of ["in/pipe", "in", "in/p*"]) {
        const failure = await failureOf(folder, pattern);
        expect(failure.code).toBe("INPUT_UNREADABLE");
        expect(failure.message).toContain(
          `Cannot read ${folder.at("in/pipe")}: it is a named pipe`,
        );
      }
      expect((await failureOf(folder, "socket")).message).toContain("it is a socket");
      expect((await failureOf(folder, "/dev/null")).message).toContain("it is a device");
      expect(await namesOf(folder, "in/a*")).toEqual(["a"]);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  // The superuser may read everything.
  test.skipIf(process.getuid?.() === 0)("files and folders that may not be read", async () => {
    using folder = new InputFolder({ "in/a": "", "in/b/c": "" });
    chmodSync(folder.at("in/a"), 0);
    expect((await failureOf(folder, "in/a")).message).toContain(
      "permission denied (EACCES). Give the user",
    );
    chmodSync(folder.at("in/a"), 0o600);
    chmodSync(folder.at("in/b"), 0);
    try {
      for (const pattern of ["in", "in/**", "in/*"]) {
        const failure = await failureOf(folder, pattern);
        expect(failure.code).toBe("INPUT_UNREADABLE");
        expect(failure.message).toContain(folder.at("in/b"));
      }
    } finally {
      chmodSync(folder.at("in/b"), 0o700);
    }
  });
});
