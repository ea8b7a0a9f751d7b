/**
 * What the command of a container calls `sheaf` with: it is run by the shell that it names, with a
 * `sheaf` in the PATH that only prints what it is given.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** See the head of this file. */
export function callOfSheaf(
  [program, ...words]: readonly string[],
  env: Readonly<Record<string, string>>,
): string[] {
  const folder = mkdtempSync(join(tmpdir(), "sheaf-call-"));
  try {
    writeFileSync(join(folder, "sheaf"), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    const { status, stdout, stderr } = spawnSync(program!, words, {
      encoding: "utf8",
      env: { PATH: `${folder}${delimiter}${process.env.PATH}`, ...env },
    });
    if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
    return stdout.trimEnd().split("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
