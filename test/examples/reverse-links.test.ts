import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { reverseLinks } from "./oracles/links.ts";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder } from "./support/input-folder.ts";

const site = fileURLToPath(new URL("fixtures/site", import.meta.url));
const names = ["index.html", "sub/page.html", "sub/unended.html"];
const folder = new InputFolder();
afterAll(() => folder.remove());

test("reverse-links: every a href, resolved, with its sources", async () => {
  const base = "https://example.org/docs/";
  const pages = names.map((name) => [name, readFileSync(`${site}/${name}`, "utf8")] as const);
  const expected = reverseLinks(base, pages);
  expect(expected).toEqual(
    [
      "http://other.example/\thttps://example.org/docs/index.html",
      "https://cdn.example/lib/x.js\thttps://example.org/docs/index.html",
      "https://example.org/abs/olute.html?q=1&r=2\thttps://example.org/docs/index.html",
      "https://example.org/docs/index.html?sort=name\thttps://example.org/docs/index.html",
      "https://example.org/docs/index.html\thttps://example.org/docs/index.html https://example.org/docs/sub/unended.html",
      "https://example.org/docs/moved/\thttps://example.org/docs/sub/page.html",
      "https://example.org/docs/moved/after.html\thttps://example.org/docs/sub/page.html",
      "https://example.org/docs/moved/before.html\thttps://example.org/docs/sub/page.html",
      "https://example.org/docs/other.html\thttps://example.org/docs/index.html",
      "https://example.org/docs/plain.html\thttps://example.org/docs/index.html",
      "https://example.org/docs/sub/page.html\thttps://example.org/docs/index.html https://example.org/docs/sub/page.html",
      "https://other.example/\thttps://example.org/docs/index.html https://example.org/docs/sub/page.html",
    ].sort(),
  );
  for (const { lines, sorted, partitions } of await runExample("reverse-links", [site], { base })) {
    expect(sorted).toEqual([...expected].sort());
    if (partitions === 1) expect(lines).toHaveLength(expected.length);
  }
});

test("reverse-links: agrees with a scan by hand on many pages", async () => {
  const dice = new Dice(6);
  const paths = Array.from(
    { length: 40 },
    (_, index) => `${dice.of(["", "a/", "a/b/"])}p${index}.html`,
  );
  for (const path of paths) {
    const links = Array.from({ length: dice.below(20) }, () => {
      const href =
        dice.of(["", "./", "../", "/", "//h.example/"]) +
        dice.of(paths) +
        dice.of(["", "#x", "?y"]);
      return `<p><a ${dice.of(["", "class=k "])}href="${href}">text</a>`;
    });
    folder.write(path, `<html><body>${links.join(dice.of(["\n", "\r\n", ""]))}</body></html>`);
  }
  const expected = reverseLinks("http://h.example/", folder.texts);
  const base = "http://h.example";
  for (const { sorted } of await runExample("reverse-links", [folder.path], { base })) {
    expect(sorted).toEqual(expected);
  }
});

test("reverse-links: names of files become paths of URLs, and links that are none are counted", async () => {
  const odd = new InputFolder();
  try {
    odd.write("ä b/50% #1?.html", '<a href="x.html"></a><a href="http://[broken"></a>');
    const base = "https://example.org/";
    for (const { lines, user } of await runExample("reverse-links", [odd.path], { base })) {
      const at = "https://example.org/%C3%A4%20b/";
      expect(lines).toEqual([`${at}x.html\t${at}50%25%20%231%3F.html`]);
      expect(user).toEqual({ "links that are no URL": 1 });
    }
  } finally {
    odd.remove();
  }
});

test("reverse-links: without a base that is a URL, nothing runs", async () => {
  await expect(runExample("reverse-links", [site])).rejects.toThrow(/base/);
  await expect(runExample("reverse-links", [site], { base: "docs" })).rejects.toThrow(/base/);
});
