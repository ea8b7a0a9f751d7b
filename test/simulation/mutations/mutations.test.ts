import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edited } from "./edited.ts";
import { MUTATIONS } from "./mutations.ts";

const SOURCE = join(import.meta.dirname, "../../../src");

test.each(MUTATIONS)("the sources can still be given the bug: $name", ({ edits }) => {
  for (const edit of edits) {
    const text = readFileSync(join(SOURCE, edit.file), "utf8");
    expect(edited(text, edit)).not.toBe(text);
  }
});
