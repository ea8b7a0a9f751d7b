/**
 * The pages of the documentation, and what the tests need of their Markdown: fenced blocks,
 * headings and links.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../../..");

/** A fenced block of code. */
export interface Block {
  /** The word after the fence: `ts`, `sh`, `text`, ... */
  readonly language: string;
  readonly text: string;
  /** The line of the page on which the text begins, from 1. */
  readonly line: number;
  /** Whether nothing but white space stands between it and the block before. */
  readonly followsBlock: boolean;
}

/** One page. */
export interface Page {
  /** Its path below the root of the checkout. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** All pages, the generated ones included. */
export function allPages(): Page[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name.replaceAll("\\", "/")}`);
  return ["README.md", "ARCHITECTURE.md", ...docs.sort()].map(readPage);
}

/** The pages that people write: those whose snippets are not tested with the docstrings. */
export function writtenPages(): Page[] {
  return allPages().filter(({ path }) => !path.startsWith("docs/reference/"));
}

function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, blocks: blocksOf(path, text) };
}

function blocksOf(path: string, text: string): Block[] {
  const blocks: Block[] = [];
  let block: { language: string; lines: string[]; line: number; followsBlock: boolean } | undefined;
  let followsBlock = false;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = /^```(\S*)/.exec(line);
    if (block === undefined) {
      if (fence !== null) {
        block = { language: fence[1]!, lines: [], line: index + 2, followsBlock };
      } else if (line.trim() !== "") followsBlock = false;
    } else if (fence === null) {
      block.lines.push(line);
    } else {
      const { lines, ...rest } = block;
      blocks.push({ ...rest, text: lines.join("\n") });
      block = undefined;
      followsBlock = true;
    }
  }
  if (block !== undefined) throw new Error(`${path}:${block.line}: the block has no end.`);
  return blocks;
}

/** Whether the page itself says of a block that it does not compile. */
export function isWrong({ text }: Block): boolean {
  return /^\/\/ .*\(does not compile\)\n/.test(text);
}

/** The file as which a block introduces itself: its first line is `// NAME`. */
export function fileNameOf({ language, text }: Block): string | undefined {
  if (language !== "ts" && language !== "js") return undefined;
  return /^\/\/ ([\w.-]+\.m?[jt]s)( \(does not compile\))?\n/.exec(text)?.[1];
}

/** The page without its blocks of code and its comments. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```[\s\S]*?^```/gm, "").replace(/<!--[\s\S]*?-->/g, "");
}

/** The anchors that GitHub gives to the headings of a page. */
export function anchorsOf(page: Page): Set<string> {
  const anchors = new Set<string>();
  for (const [, title = ""] of proseOf(page).matchAll(/^#{1,6} (.*)$/gm)) {
    const slug = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The targets of a page's links, those in tables and of images too. */
export function linksOf(page: Page): string[] {
  const prose = proseOf(page).replace(/`[^`]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
}
