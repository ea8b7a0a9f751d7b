/**
 * Every command in the documentation runs, and prints what the page says it prints.
 *
 * A page is followed from its first line to its last, in one folder that begins as a checkout:
 * - a block that begins with a comment such as `// job.ts` is saved under that name;
 * - a block of `sh` is run, and must succeed; a block of `text` right below it is what it prints on
 *   standard output;
 * - a block of `console` is a transcript: commands after a `$`, each with all that it prints, on
 *   standard error too. Durations may differ. One that fails is followed by `echo $?`.
 *
 * The how-to pages are followed by test/examples/how-to.test.ts.
 */

import { describe, expect, test } from "vitest";
import { type Block, fileNameOf, type Page, writtenPages } from "./support/pages.ts";
import { Shell } from "./support/shell.ts";

/** Commands that are shown but not run here, and why. Each must be in its page. */
const NOT_RUN: readonly (readonly [page: string, command: string, why: string])[] = [
  ["README.md", "npm run demo", ".ci/run runs it"],
  ["README.md", "npm test", "this is it"],
  ["README.md", "docker compose -f deploy/compose.yaml up --detach", "test/docker runs it"],
  [
    "README.md",
    "docker compose -f deploy/compose.yaml run --rm client sheaf run \\",
    "test/docker runs it",
  ],
  [
    "README.md",
    "examples/word-count.ts examples/data/notes -o /data/counts \\",
    "test/docker runs it",
  ],
  ["README.md", "--masters master-1:7077,master-2:7077,master-3:7077", "test/docker runs it"],
  ["docs/simulation.md", "npm run simulate -- --seeds 300 --jobs 2", "test/simulation runs it"],
  ["docs/simulation.md", "npm run simulate -- --seeds 300 --seed 5001", "test/simulation runs it"],
  ["docs/simulation.md", "npm run simulate -- --seed 42 --trace 100", "test/simulation runs it"],
  ["docs/simulation.md", "npm run simulate -- --seed 42 --faults 0,3", "test/simulation runs it"],
  ["docs/tutorial.md", "npm run build", "npm test has done so"],
  ["docs/tutorial.md", "npm install", "test/package installs; here the packages are at hand"],
  ["docs/tutorial.md", "npm install valibot", "likewise"],
];

function isNotRun(page: Page, line: string): boolean {
  const command = line.replace(/\s+#.*$/, "").trim();
  return NOT_RUN.some(([path, words]) => page.path === path && command === words);
}

/** A duration is another one each time, and a slot a core. */
function withoutChance(text: string): string {
  return text
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, "<duration>")
    .replace(/\b\d+ slots?\b/g, "<slots>")
    .replace(/, [\d.,]+ \w+\/s/g, "")
    .replace(/[ \t]+$/gm, "")
    .trim();
}

interface Step {
  readonly command: string;
  readonly printed: string;
}

/** The commands of a transcript, and what each prints. */
function stepsOf(block: Block): Step[] {
  return `\n${block.text}`
    .split(/\n\$ /)
    .slice(1)
    .map((step) => {
      const [, command = "", printed = ""] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(step) ?? [];
      return { command, printed };
    });
}

function follow(page: Page): void {
  const shell = new Shell();
  let printed = "";
  let status = 0;
  try {
    for (const block of page.blocks) {
      const where = `${page.path}:${block.line}`;
      const file = fileNameOf(block);
      if (file !== undefined) shell.write(file, block.text);
      if (block.language === "sh") {
        const script = block.text.split("\n").filter((line) => !isNotRun(page, line));
        const result = shell.run(script.join("\n"));
        expect(result.status, `${where}\n${result.stdout}${result.stderr}`).toBe(0);
        printed = result.stdout;
      }
      if (block.language === "text" && block.followsBlock) {
        expect(withoutChance(printed), where).toBe(withoutChance(block.text));
      }
      if (block.language !== "console") continue;
      for (const step of stepsOf(block)) {
        if (isNotRun(page, step.command)) continue;
        if (step.command === "echo $?") {
          expect(status, where).toBe(Number(step.printed));
          status = 0;
          continue;
        }
        expect(status, `${where}: what came before "${step.command}" failed`).toBe(0);
        const result = shell.runMixed(step.command);
        status = result.status;
        expect(withoutChance(result.stdout), `${where}: ${step.command}`).toBe(
          withoutChance(step.printed),
        );
      }
    }
    expect(status, `${page.path}: its last command failed`).toBe(0);
  } finally {
    shell.remove();
  }
}

const PAGES = writtenPages();
const isFollowed = ({ path, blocks }: Page) =>
  !path.startsWith("docs/how-to/") &&
  blocks.some(({ language }) => language === "sh" || language === "console");

describe("the commands of", () => {
  test.each(PAGES.filter(isFollowed).map((page) => [page.path, page] as const))(
    "%s",
    (_path, page) => follow(page),
  );
});

test("what is not run stands in its page", () => {
  const missing = NOT_RUN.filter(([path, command]) => {
    const page = PAGES.find((it) => it.path === path);
    return page === undefined || !page.text.includes(command);
  });
  expect(missing).toEqual([]);
});

test("code is marked with a language that the tests know", () => {
  const known = ["console", "js", "sh", "text", "ts", ""];
  const unknown = PAGES.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language }) => !known.includes(language))
      .map(({ language, line }) => `${path}:${line}: ${language}`),
  );
  expect(unknown).toEqual([]);
});
