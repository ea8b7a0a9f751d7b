/**
 * Golden traces. Each file of testdata/ is a script in blocks: commands (see support/script.ts), a
 * line `----`, and all that the members did. A change to a trace is a change of behaviour: it shows
 * as a difference here, and is to be understood before it is accepted.
 *
 *     SHEAF_ACCEPT_TRACES=1 npx vitest run test/raft/traces.test.ts     accepts all differences
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Script } from "./support/script.ts";

const FOLDER = join(import.meta.dirname, "testdata");
const isAccepting = process.env.SHEAF_ACCEPT_TRACES === "1";

/** Runs the commands of a script, and writes it anew with what they answer. */
function retrace(text: string): string {
  const script = new Script();
  const blocks = text.trimEnd().split(/\n(?:\s*\n)+/);
  return `${blocks.map((block) => retraceBlock(script, block)).join("\n\n")}\n`;
}

function retraceBlock(script: Script, block: string): string {
  const lines = block.split("\n");
  const end = lines.indexOf("----");
  const commands = end < 0 ? lines : lines.slice(0, end);
  const isComment = (line: string): boolean => line.startsWith("#");
  if (commands.every(isComment)) return block;
  const output = commands.filter((line) => !isComment(line)).flatMap((line) => script.run(line));
  return [...commands, ...(output.length > 0 ? ["----", ...output] : [])].join("\n");
}

describe("the trace of", () => {
  const names = readdirSync(FOLDER).sort();

  it.each(names)("%s is as it was accepted", (name) => {
    const path = join(FOLDER, name);
    const accepted = readFileSync(path, "utf8");
    const traced = retrace(accepted);
    if (isAccepting && traced !== accepted) writeFileSync(path, traced);
    else expect(traced).toBe(accepted);
  });
});
