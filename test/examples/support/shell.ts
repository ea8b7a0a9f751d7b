/**
 * Asks POSIX tools, which know nothing of Sheaf.
 */

import { execFileSync } from "node:child_process";

/** What a shell script prints; its arguments are `$1` and so on. Text is compared by its bytes. */
export function shell(script: string, ...args: string[]): Buffer {
  return execFileSync("sh", ["-euc", script, "sh", ...args], {
    env: { PATH: process.env.PATH, LC_ALL: "C" },
    maxBuffer: 64 * 1024 * 1024,
  });
}
