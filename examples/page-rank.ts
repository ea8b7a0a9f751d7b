/**
 * PageRank: how likely a reader is to be at a page who follows a link of it with probability
 * `damping`, and else goes to any page. A page without links sends its readers to any page.
 *
 *     sheaf run examples/page-rank.ts examples/data/links.txt -o out --param iterations=20
 *
 * Each line of the input is a page and the pages that it links to, with spaces or tabs between; a
 * page may have several lines. Puts out a page, a tab and its rank on each line; ranks add up to 1.
 * It ends after `iterations`, or when no rank moves by more than `tolerance`.
 */

import { type Context, defineJob, json, outputOf, pipeline, string, text, textOutput } from "sheaf";
import * as v from "valibot";

interface Page {
  readonly rank: number;
  readonly links: readonly string[];
}

/** Params are text on the command line. */
const number = v.pipe(v.unknown(), v.toNumber());

/** Counters are whole numbers, so ranks are added up in units of this many to 1. */
const UNITS = 2 ** 52;

/** Tells the next iteration how many pages there are, and the rank of those without links. */
function countPage({ rank, links }: Page, count: Context["count"]): void {
  count("pages");
  if (links.length === 0) count("dangling", Math.round(rank * UNITS));
}

/** From lines to pages, each with its distinct links. */
const graph = defineJob({
  input: text(),
  intermediate: { key: string(), value: json<string[]>() },
  result: json<Page>(),
  map(_position, line, emit) {
    const [page, ...links] = line.split(/\s+/).filter((word) => word !== "");
    if (page === undefined || page.startsWith("#")) return;
    emit(page, links);
    for (const link of links) emit(link, []);
  },
  reduce(_page, lists, emit, { count }) {
    const links = new Set<string>();
    for (const list of lists) for (const link of list) links.add(link);
    count("pages");
    emit({ rank: 0, links: [...links] });
  },
});

/** Gives every page the same rank. */
const start = defineJob({
  input: outputOf(graph),
  intermediate: { key: string(), value: json<Page>() },
  map(page, { links }, emit, { previous }) {
    emit(page, { rank: 1 / previous.pages!, links });
  },
  reduce(_page, pages, emit, { count }) {
    for (const page of pages) {
      countPage(page, count);
      emit(page);
    }
  },
});

/** Each page shares out its rank over its links, and takes what it is given. */
const rank = defineJob({
  params: v.strictObject({
    damping: v.optional(v.pipe(number, v.minValue(0), v.maxValue(1)), 0.85),
    iterations: v.optional(v.pipe(number, v.integer(), v.minValue(1)), 50),
    tolerance: v.optional(v.pipe(number, v.minValue(0)), 1e-9),
  }),
  input: outputOf(start),
  intermediate: { key: string(), value: json<Page | number>() },
  result: json<Page>(),
  map(page, { rank, links }, emit) {
    emit(page, { rank, links });
    for (const link of links) emit(link, rank / links.length);
  },
  reduce(_page, values, emit, { params: { damping, tolerance }, previous, count }) {
    let given = 0;
    let before: Page = { rank: 0, links: [] };
    for (const value of values) {
      if (typeof value === "number") given += value;
      else before = value;
    }
    const pages = previous.pages!;
    const dangling = (previous.dangling ?? 0) / UNITS;
    const rank = (1 - damping) / pages + damping * (given + dangling / pages);
    const page = { rank, links: before.links };
    countPage(page, count);
    count("moving", Math.abs(rank - before.rank) > tolerance ? 1 : 0);
    emit(page);
  },
  output: textOutput({ line: (page, { rank }) => `${page}\t${rank}` }),
});

export default pipeline(graph)
  .step(start)
  .repeat(rank, {
    times: ({ iterations }) => iterations,
    until: ({ counters }) => counters.moving === 0,
  });
