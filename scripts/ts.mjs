/**
 * Runs a TypeScript file on every supported Node, the ones that cannot strip types included:
 * `node scripts/ts.mjs FILE.ts ARGS...`. The file and what it imports by relative path become one
 * module in node_modules/.scripts, and packages stay where they are. As with `node FILE`,
 * `process.argv[1]` is the file itself, so that a script can find its own folder. The module lies two
 * folders below the package, as every file of src/ that looks for it does. It takes its place whole, so
 * that of several processes that make it at once none reads another's half.
 */

import { createHash } from "node:crypto";
import { renameSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: node scripts/ts.mjs FILE.ts ARGS...");
  process.exit(2);
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const source = path.resolve(file);
const name = `${path.parse(source).name}-${createHash("sha256").update(source).digest("hex").slice(0, 8)}`;
const outfile = path.join(root, "node_modules", ".scripts", `${name}.mjs`);
const written = `${outfile}.${process.pid}`;

await build({
  entryPoints: [source],
  outfile: written,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  packages: "external",
  sourcemap: "inline",
  logLevel: "warning",
});

renameSync(written, outfile);

process.setSourceMapsEnabled(true);
process.argv = [process.argv[0], source, ...args];
await import(pathToFileURL(outfile).href);
