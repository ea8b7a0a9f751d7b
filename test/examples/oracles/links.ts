/**
 * The links of HTML pages by hand: a scan for tags and attributes that is enough for the pages of
 * the tests, and paths resolved without the URL class.
 */

/** `target<TAB>source source`, sorted by target; relative links are resolved by hand. */
export function reverseLinks(
  base: string,
  pages: readonly (readonly [string, string])[],
): string[] {
  const sources = new Map<string, Set<string>>();
  for (const [path, html] of pages) {
    const source = base + path;
    const tags = html
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/(<(script|style)\b[\s\S]*?>)[\s\S]*?<\/\2>/gi, "$1");
    const baseTag = /<base\b[^>]*?\bhref=(?:"(.*?)"|'(.*?)'|([^\s>]+))/i.exec(tags);
    const root = baseTag ? resolve(source, firstOf(baseTag)) : source;
    for (const tag of tags.matchAll(
      /<a\s(?:[^>]*?\s)?href\s*=\s*(?:"(.*?)"|'(.*?)'|([^\s>]+))[^>]*>/gis,
    )) {
      const target = resolve(root, firstOf(tag)).replace(/#.*$/, "");
      if (!/^https?:\/\//.test(target)) continue;
      sources.set(target, (sources.get(target) ?? new Set()).add(source));
    }
  }
  return [...sources].map(([target, set]) => `${target}\t${[...set].sort().join(" ")}`).sort();
}

function firstOf(match: RegExpMatchArray): string {
  const href = match[1] ?? match[2] ?? match[3] ?? "";
  return href.trim().replaceAll("&amp;", "&").replaceAll("&#x2F;", "/");
}

/** RFC 3986, section 5.2, for the forms that the tests hold. */
function resolve(page: string, href: string): string {
  const [, scheme, host, path, query = ""] = /^(\w+:)(\/\/[^/]*)([^?#]*)(\?[^#]*)?/.exec(page)!;
  if (/^[a-z][a-z+.-]*:/i.test(href)) return withPath(href);
  if (href.startsWith("//")) return withPath(scheme + href);
  if (href.startsWith("/")) return withPath(`${scheme}${host}${href}`);
  if (href.startsWith("?")) return `${scheme}${host}${path}${href}`;
  if (href === "" || href.startsWith("#")) return `${scheme}${host}${path}${query}${href}`;
  return withPath(`${scheme}${host}${path!.slice(0, path!.lastIndexOf("/") + 1)}${href}`);
}

/** The same with `.` and `..` taken out of its path, and a path where it has none. */
function withPath(url: string): string {
  const parts = /^(https?:\/\/[^/?#]*)([^?#]*)(.*)$/i.exec(url);
  if (parts === null) return url;
  const kept: string[] = [];
  const segments = parts[2]!.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === "..") kept.pop();
    if (segment !== ".." && segment !== ".") kept.push(segment);
    else if (last) kept.push("");
  }
  return `${parts[1]!.toLowerCase()}/${kept.join("/")}${parts[3]}`;
}
