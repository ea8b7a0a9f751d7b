/**
 * The .proto files are clean and documented, and src/rpc/generated is what they say.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buf, GENERATED, generate } from "../../scripts/proto/generate.ts";

const ROOT = join(import.meta.dirname, "../..");
let fresh = "";

beforeAll(() => {
  fresh = mkdtempSync(join(tmpdir(), "sheaf-generated-"));
  generate(ROOT, fresh);
});

afterAll(() => rmSync(fresh, { recursive: true }));

function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
}

test("the generated code is what `npm run proto` makes of the .proto files", () => {
  const committed = filesOf(join(ROOT, GENERATED));
  const made = filesOf(fresh);
  expect(Object.keys(committed), "run `npm run proto`").toEqual(Object.keys(made));
  const stale = Object.keys(made).filter((name) => made[name] !== committed[name]);
  expect(stale, "run `npm run proto`").toEqual([]);
});

test("the .proto files pass buf's standard rules and its rules for comments", () => {
  expect(buf(ROOT, ["lint"])).toBe("");
});

test("the .proto files are formatted", () => {
  expect(buf(ROOT, ["format", "--diff", "--exit-code"])).toBe("");
});
