/**
 * One record in a page of its own, with JSON for its payload: the copies of the vote, the mark, the
 * head of a snapshot. A page is written whole, so a file's size, which a crash may lose, does not
 * change with what there is to say; and no lost page takes two records.
 */

import { assert } from "../../base/assert.ts";
import type { DiskFile } from "../disk/disk.ts";
import { readThrough } from "../disk/lost-bytes.ts";
import { PAGE_BYTES } from "../limits.ts";
import { decodeHeader, decodePayload, encodeRecord, recordBytes } from "./record.ts";

/** Writes the page with this number, and does not sync it. */
export function writePage(
  file: DiskFile,
  place: number,
  page: number,
  content: object,
): Promise<void> {
  const offset = page * PAGE_BYTES;
  const payload = Buffer.from(JSON.stringify(content));
  assert(recordBytes(payload.length) <= PAGE_BYTES, "what a page says fits it");
  const bytes = Buffer.alloc(PAGE_BYTES);
  const record = { kind: "page", index: 0, term: 0, payload } as const;
  encodeRecord(bytes, 0, record, { place, offset, durableTo: 0 });
  return file.write(bytes, offset);
}

/** What the page with this number says; `undefined` if it is damaged or not there. */
export async function readPage<Content extends object>(
  file: DiskFile,
  place: number,
  page: number,
): Promise<Content | undefined> {
  const bytes = Buffer.alloc(PAGE_BYTES);
  await readThrough(file, bytes, page * PAGE_BYTES);
  const header = decodeHeader(bytes, 0, place, page * PAGE_BYTES);
  const payload = header?.kind === "page" ? decodePayload(bytes, 0, header) : undefined;
  // What matches its checksum was written by `writePage`.
  return payload === undefined ? undefined : (JSON.parse(payload.toString()) as Content);
}
