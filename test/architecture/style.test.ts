/**
 * The house rules that a program can check: names, sizes, heads of files.
 */

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const LINES_MAX = 400;
const COLUMNS_MAX = 110;
const VAGUE = /^(utils?|helpers?|common|manager|misc|shared|stuff)\b/;

function filesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/node_modules|^rpc.generated|^\./.test(name))
    .map((name) => join(folder, name))
    .sort();
}

const SOURCES = filesOf("src");
const ALL = [...SOURCES, ...filesOf("test"), ...filesOf("examples"), ...filesOf("bench")];

describe("source files", () => {
  it("are named in kebab-case for what they hold", () => {
    const names = ALL.map((path) => basename(path, ".ts"));
    expect(names.filter((name) => !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => VAGUE.test(name))).toEqual([]);
  });

  it("open with a head that says what they are for", () => {
    const bare = SOURCES.filter((path) => !path.endsWith(".test.ts")).filter(
      (path) => !readFileSync(join(ROOT, path), "utf8").startsWith("/**"),
    );
    expect(bare).toEqual([]);
  });

  it(`have at most ${LINES_MAX} lines of at most ${COLUMNS_MAX} columns`, () => {
    const long = SOURCES.filter((path) => !path.endsWith(".test.ts")).filter((path) => {
      const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
      return lines.length > LINES_MAX || lines.some((line) => line.length > COLUMNS_MAX);
    });
    expect(long).toEqual([]);
  });
});
