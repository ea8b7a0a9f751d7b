import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findInputFiles } from "../job/input/find-input-files.ts";
import { absoluteInput, absoluteOutput } from "./cluster-paths.ts";

let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-paths-")));
  for (const folder of ["plain", "odd [1] {a,b} (x)"]) {
    for (const name of ["a.txt", "b.log", "sub/c.txt", "sub/_d.txt", "up/e.txt", "[f].txt"]) {
      const path = join(root, folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, name);
    }
  }
});
afterAll(() => rmSync(root, { recursive: true }));

describe("absoluteInput", () => {
  test.each([
    "a.txt",
    "./sub",
    "sub/",
    "*.txt",
    "**/*.txt",
    "sub/../*.log",
    "{a,b}.*",
    "sub/[cd].txt",
    "../plain/*.txt",
    "sub/_*",
    "?f?.txt",
  ])("names the same files elsewhere: %s", async (pattern) => {
    for (const folder of ["plain", "odd [1] {a,b} (x)"]) {
      const cwd = join(root, folder);
      const here = await findInputFiles([pattern], cwd);
      const there = await findInputFiles([absoluteInput(pattern, cwd)], "/");
      expect(here.length).toBeGreaterThan(0);
      expect(there, cwd).toEqual(here);
    }
  });

  test("leaves what is absolute, or on S3, as it is", () => {
    for (const pattern of ["/data/a.txt", "/data/**/*.gz", "s3://logs/2024/*.gz"]) {
      expect(absoluteInput(pattern, "/elsewhere")).toBe(pattern);
    }
    expect(absoluteInput("/*.txt", "/elsewhere")).toBe("/*.txt");
  });
});

describe("absoluteOutput", () => {
  test("is below the folder of the command, or on S3", () => {
    expect(absoluteOutput("out", "/home/me")).toBe("/home/me/out");
    expect(absoluteOutput("../out/", "/home/me")).toBe("/home/out");
    expect(absoluteOutput("s3://results/out", "/home/me")).toBe("s3://results/out");
  });
});
