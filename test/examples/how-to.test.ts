/**
 * The how-to pages tell the truth: the code they show is that of the example, and the commands print
 * what is printed below them.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const namesIn = (folder: string, ending: string): string[] => {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(ending));
  return names.map((name) => name.slice(0, -ending.length)).sort();
};

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocksOf(page: string): Block[] {
  const blocks = page.matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].map(([, language = "", text = ""]) => ({ language, text }));
}

const examples = namesIn("examples", ".ts");

/**
 * Pages on what goes with any job; s3 is followed by how-to-s3.test.ts, docker by test/docker, a cluster
 * is by test/cluster.
 */
const others = ["cluster", "docker", "kubernetes", "s3"];

test("how-to: there is a page for each example, and the list of pages names them all", () => {
  const pages = namesIn("docs/how-to", ".md").filter((name) => name !== "README");
  expect(pages).toEqual([...examples, ...others].sort());
  const listed = read("docs/how-to/README.md").matchAll(/\(([a-z0-9-]+)\.md\)/g);
  expect([...listed].map(([, name]) => name).sort()).toEqual(pages);
});

test.each(examples)("how-to: the page on %s shows its code, or sends the reader to it", (name) => {
  const page = read(`docs/how-to/${name}.md`);
  const code = read(`examples/${name}.ts`).replace(/^\/\*\*.*?\*\/\n\n/s, "");
  const shown = blocksOf(page).find(({ language }) => language === "ts");
  expect(page).toContain(`(../../examples/${name}.ts)`);
  if (shown !== undefined) expect(shown.text).toBe(code);
});

test.each(examples)("how-to: the commands on %s print what the page says", (name) => {
  const folder = mkdtempSync(join(tmpdir(), "sheaf-how-to-"));
  try {
    for (const each of ["bin", "examples"]) symlinkSync(join(root, each), join(folder, each));
    const blocks = blocksOf(read(`docs/how-to/${name}.md`));
    const commands = blocks.filter(({ language }) => language === "sh");
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) {
      const printed = execFileSync("sh", ["-euc", command.text], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const after = blocks[blocks.indexOf(command) + 1];
      expect(after?.language).toBe("text");
      expect(printed).toBe(after?.text);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
