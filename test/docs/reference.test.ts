/**
 * The reference: it is what the generator makes of the sources, and the sources say everything.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { referencePages } from "../../scripts/docs/reference-pages.ts";
import { publicDeclarations } from "./support/examples.ts";
import { ROOT } from "./support/pages.ts";
import { requireBuild } from "./support/snippet-project.ts";

describe("the reference", () => {
  test.each(["docs/reference/cli.md", "docs/reference/api.md"])("%s is up to date", (path) => {
    requireBuild();
    const made = referencePages(ROOT).get(path);
    expect(readFileSync(join(ROOT, path), "utf8"), "run `npm run docs`").toBe(made);
  });

  test("everything that users import has a docstring", () => {
    const bare = publicDeclarations().filter(({ docstring }) => !docstring?.prose);
    expect(bare.map(({ file, name }) => `${name} in src/${file}.ts`)).toEqual([]);
  });

  test("everything that users call has an example", () => {
    const bare = publicDeclarations().filter(
      ({ isTypeOnly, docstring }) => !isTypeOnly && docstring?.examples.length === 0,
    );
    expect(bare.map(({ file, name }) => `${name} in src/${file}.ts`)).toEqual([]);
  });
});
