/**
 * Term vector per host: the words that are the most frequent on each host. It reads NDJSON with a
 * page on each line: `{"url": "https://example.org/a", "text": "..."}`.
 *
 *     sheaf run examples/term-vector-per-host.ts examples/data/pages.ndjson -o out --param terms=5
 *
 * Puts out a host, a tab and its words as `word:count` with spaces between, the most frequent first
 * and equally frequent ones sorted. Words are runs of letters, in lower case.
 */

import { compareUtf8, defineJob, ndjson, string, structured } from "sheaf";
import * as v from "valibot";

export default defineJob({
  params: v.strictObject({
    terms: v.optional(v.pipe(v.unknown(), v.toNumber(), v.integer(), v.minValue(1)), 10),
  }),
  input: ndjson(v.object({ url: v.string(), text: v.string() })),
  intermediate: { key: string(), value: structured<Map<string, number>>() },
  result: string(),
  map(_position, page, emit) {
    const vector = new Map<string, number>();
    for (const word of page.text.match(/\p{L}+/gu) ?? []) add(vector, word.toLowerCase(), 1);
    emit(new URL(page.url).hostname, vector);
  },
  reduce(_host, vectors, emit, { params }) {
    const total = new Map<string, number>();
    for (const vector of vectors) for (const [word, count] of vector) add(total, word, count);
    const terms = [...total].sort(byCountThenWord).slice(0, params.terms);
    emit(terms.map(([word, count]) => `${word}:${count}`).join(" "));
  },
});

function add(vector: Map<string, number>, word: string, count: number): void {
  vector.set(word, (vector.get(word) ?? 0) + count);
}

function byCountThenWord(a: [string, number], b: [string, number]): number {
  return b[1] - a[1] || compareUtf8(a[0], b[0]);
}
