/**
 * Makes the pages of docs/reference from what they describe: the command line from commander's own
 * definitions, the API from the published declarations and their docstrings. `npm run docs`; a test
 * fails where a page is not what this would write.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { referencePages } from "./docs/reference-pages.ts";

const root = process.cwd();
for (const [path, text] of referencePages(root)) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(`Wrote ${path}.`);
}
