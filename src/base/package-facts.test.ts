import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packageFacts } from "./package-facts.ts";

test("packageFacts: those of this package", () => {
  const { root, version, devDependencies } = packageFacts();
  const text = readFileSync(join(root, "package.json"), "utf8");
  expect(JSON.parse(text)).toMatchObject({ name: "sheaf", version, devDependencies });
});
