/**
 * What the compiler must accept and refuse of inputs. Checked by `tsc`; nothing here runs.
 */

import * as v from "valibot";
import {
  type ByteView,
  defineJob,
  files,
  fixedRecords,
  type InputFormat,
  type InputPiece,
  identity,
  int,
  located,
  ndjson,
  type Position,
  string,
  sum,
  text,
  words,
} from "../../src/index.ts";

/** Compiles only if the two types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<A, B>(_equal: Same<A, B>): void {}

const lines = text();
same<typeof lines, InputFormat<Position, string>>(true);
const latin1 = text({ encoding: "latin1", invalid: "replace", lineBytesMax: 1000 });
same<typeof latin1, InputFormat<Position, string>>(true);
const strings = text({ as: "string" });
same<typeof strings, InputFormat<Position, string>>(true);
const views = text({ as: "bytes", lineBytesMax: 1000 });
same<typeof views, InputFormat<Position, ByteView>>(true);
const exactLines = text({ exact: true, encoding: "latin1" });
same<typeof exactLines, InputFormat<Position, string>>(true);
const exactViews = text({ as: "bytes", exact: true });
same<typeof exactViews, InputFormat<Position, ByteView>>(true);
const anything = ndjson();
same<typeof anything, InputFormat<Position, unknown>>(true);
const pages = ndjson<{ url: string }>({ lineBytesMax: 1000 });
same<typeof pages, InputFormat<Position, { url: string }>>(true);
const checked = ndjson(
  v.object({ url: v.string(), size: v.pipe(v.string(), v.transform(Number)) }),
);
same<typeof checked, InputFormat<Position, { url: string; size: number }>>(true);
const documents = files();
same<typeof documents, InputFormat<string, string>>(true);
const blobs = files({ as: "bytes" });
same<typeof blobs, InputFormat<string, Uint8Array>>(true);
const records = fixedRecords({ bytes: 100 });
same<typeof records, InputFormat<Position, ByteView>>(true);

const near = located(text({ as: "bytes" }), (piece) => {
  same<typeof piece, InputPiece>(true);
  return [piece.path, String(piece.end - piece.start)];
});
same<typeof near, InputFormat<Position, ByteView>>(true);

// @ts-expect-error Hosts are a list.
located(text(), () => "host-1");
// @ts-expect-error Where the input is must be known at once.
located(text(), async () => ["host-1"]);
// @ts-expect-error Views of bytes have no encoding.
text({ as: "bytes", encoding: "latin1" });
// @ts-expect-error No such encoding.
text({ encoding: "utf-16" });
// @ts-expect-error No such option.
text({ maxLineBytes: 3 });
// @ts-expect-error Whole files as bytes have no encoding.
files({ as: "bytes", invalid: "replace" });
// @ts-expect-error The length is needed.
fixedRecords({});
// @ts-expect-error A schema is not an option.
ndjson({ schema: v.string() });

/** What the format decides reaches the function that maps. */
export const counted = defineJob({
  input: text({ as: "bytes" }),
  intermediate: { key: string(), value: int() },
  map(position, line, emit) {
    same<typeof position, Position>(true);
    same<typeof line, ByteView>(true);
    for (const word of words(line)) emit(word, position.offset);
    // @ts-expect-error A view is no string.
    line.split(" ");
    // @ts-expect-error A position is read, not written.
    position.offset = 3;
  },
  reduce: sum,
});

/** A schema types the value. */
export const hosts = defineJob({
  input: checked,
  intermediate: { key: string(), value: int() },
  map(_position, page, emit) {
    emit(page.url, page.size);
    // @ts-expect-error The schema knows no such property.
    emit(page.host, 1);
  },
  reduce: sum,
});

/** A format may be chosen by the params. */
export const chosen = defineJob({
  params: v.object({ encoding: v.picklist(["utf-8", "latin1"]) }),
  input: (params) => text({ encoding: params.encoding }),
  intermediate: { key: string(), value: string() },
  map(position, line, emit) {
    emit(position.path, line);
  },
  reduce: identity,
});
