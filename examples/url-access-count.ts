/**
 * Count of URL access frequency: how often each URL was requested, from web server logs in the
 * common or the combined format. The URL is the second word of the request, as it stands.
 *
 *     sheaf run examples/url-access-count.ts examples/data/access_log -o out
 *
 * Puts out a URL, a tab and its count on each line. Lines that do not parse are left out, and
 * counted as "unparsable lines".
 */

import { defineJob, int, string, sum, text } from "sheaf";

/** What every line of a log holds: `[time] "GET /index.html HTTP/1.1" 200 5120`. */
const REQUEST = /\] "[^\s"]+ +(\S+?)(?: .*?)?" \d{3} (?:\d+|-)(?: |$)/;

export default defineJob({
  input: text(),
  intermediate: { key: string(), value: int() },
  map(_position, line, emit, context) {
    const url = REQUEST.exec(line)?.[1];
    if (url === undefined) context.count("unparsable lines");
    else emit(url, 1);
  },
  combine: sum,
  reduce: sum,
});
