/**
 * Links between pages, and from pages to files, lead somewhere.
 */

import { existsSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { allPages, anchorsOf, linksOf, type Page, ROOT } from "./support/pages.ts";

const PAGES = new Map(allPages().map((page) => [page.path, page]));

/** What is wrong with a link of a page, if anything is. */
function faultOf(page: Page, link: string): string | undefined {
  if (/^https:\/\//.test(link)) return undefined;
  if (/^\w+:/.test(link)) return `${link} is no link that people should follow`;
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page.path : normalize(join(dirname(page.path), path));
  if (!existsSync(join(ROOT, target))) return `${link}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  const targetPage = PAGES.get(target);
  if (targetPage === undefined) return `${link}: ${target} has no anchors`;
  return anchorsOf(targetPage).has(anchor) ? undefined : `${link}: ${target} has no such heading`;
}

test.each([...PAGES.keys()])("%s: every link leads somewhere", (path) => {
  const page = PAGES.get(path)!;
  const faults = linksOf(page).flatMap((link) => faultOf(page, link) ?? []);
  expect(faults).toEqual([]);
});

test("every page is linked from another one", () => {
  const linked = new Set<string>();
  for (const page of PAGES.values()) {
    for (const link of linksOf(page)) {
      const target = normalize(join(dirname(page.path), link.split("#")[0]!));
      linked.add(target.replace(/\/$/, ""));
      const isFolder = existsSync(join(ROOT, target)) && statSync(join(ROOT, target)).isDirectory();
      // A folder shows its README.
      if (isFolder) linked.add(join(target, "README.md"));
    }
  }
  const alone = [...PAGES.keys()].filter((path) => path !== "README.md" && !linked.has(path));
  expect(alone).toEqual([]);
});
