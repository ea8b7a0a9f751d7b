/**
 * Reverse web-link graph: for each page that is linked to, the pages that link to it. It reads HTML
 * files; the URL of a file is `base` and its path below the input folder. The parser does not come
 * with Sheaf:
 *
 *     npm install htmlparser2
 *     sheaf run examples/reverse-links.ts examples/data/site -o out --param base=https://a.example/
 *
 * Puts out a target, a tab and its distinct sources, sorted, with spaces between. Targets are
 * absolute, http or https, and without a fragment.
 */

import { Parser } from "htmlparser2";
import { defineJob, files, string } from "sheaf";
import * as v from "valibot";

export default defineJob({
  params: v.strictObject({
    base: v.pipe(
      v.string(),
      v.url(),
      v.transform((base) => base.replace(/\/?$/, "/")),
    ),
  }),
  input: files(),
  intermediate: { key: string(), value: string() },
  map(path, html, emit, { params, count }) {
    const source = new URL(params.base + path.replace(/[%?#]/g, encodeURIComponent)).href;
    for (const target of targetsOf(html, source)) {
      if (target === undefined) count("links that are no URL");
      else if (/^https?:$/.test(target.protocol)) emit(target.href, source);
    }
  },
  reduce(_target, sources, emit) {
    emit([...new Set(sources)].sort().join(" "));
  },
});

/** Where each `<a href>` of a page leads, without its fragment; undefined where it is no URL. */
function targetsOf(html: string, page: string): (URL | undefined)[] {
  const hrefs: string[] = [];
  let base: string | undefined;
  const parser = new Parser({
    onopentag(name, { href }) {
      if (href === undefined) return;
      if (name === "a") hrefs.push(href);
      // The first one counts, and for the whole page: for the links before it too.
      if (name === "base") base ??= href;
    },
  });
  parser.end(html);
  const root = resolve(base ?? "", page)?.href ?? page;
  return hrefs.map((href) => resolve(href, root));
}

function resolve(href: string, base: string): URL | undefined {
  if (!URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  url.hash = "";
  return url;
}
