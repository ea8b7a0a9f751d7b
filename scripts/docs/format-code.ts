/**
 * Formats declarations as our sources are: by Biome, all in one call.
 */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

const SEPARATOR = "// ---------- next ----------";

/** Formats pieces of TypeScript; each must stand on its own. */
export function formatCode(root: string, pieces: readonly string[]): string[] {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [biome, "format", "--stdin-file-path=src/declarations.d.ts"],
    { cwd: root, encoding: "utf8", input: pieces.join(`\n${SEPARATOR}\n`) },
  );
  if (status !== 0) throw new Error(`Biome cannot format the declarations: ${stderr}`);
  return stdout.split(SEPARATOR).map((piece) => piece.trim());
}
