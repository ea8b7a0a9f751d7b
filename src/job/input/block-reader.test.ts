/** Whose the buffer of a reader is, before and after it is closed. */

import { expect, test } from "vitest";
import { InputFolder } from "../../../test/support/input-folder.ts";
import { INPUT_BLOCK_BYTES } from "../../base/limits.ts";
import { BlockReader } from "./block-reader.ts";
import type { ByteSource } from "./byte-source.ts";

const BLOCK = INPUT_BLOCK_BYTES;

/** A reader of a file of zeros whose reads come to what `read` says, opened. */
function opened(read: ByteSource["read"], blockBytes = BLOCK): BlockReader {
  using folder = new InputFolder({ a: Buffer.alloc(10) });
  const source = { position: 0, read, verify() {}, close() {} };
  const reading = { blockBytes, open: () => source };
  const reader = new BlockReader(folder.split("a"), reading, blockBytes, blockBytes);
  reader.openNext(0);
  return reader;
}

test("BlockReader: a closed reader's buffer is the next one's, and no other's", () => {
  const first = opened(() => 10);
  const { buffer } = first;
  first.close();
  first.close();
  const second = opened(() => 10);
  const third = opened(() => 10);
  expect(second.buffer).toBe(buffer);
  expect(third.buffer).not.toBe(buffer);
  expect(first.buffer).toHaveLength(0);
  second.close();
  third.close();
});

test("BlockReader: a buffer of another size is not the next one's", () => {
  const small = opened(() => 10, 100);
  const { buffer } = small;
  small.close();
  const next = opened(() => 10, 100);
  expect(next.buffer).not.toBe(buffer);
});

test("BlockReader: a buffer is kept from others while a read may still write into it", async () => {
  let arrive: (count: number) => void = () => {};
  const waiting = opened(() => new Promise((resolve) => (arrive = resolve)));
  const { buffer } = waiting;
  const more = waiting.more();
  waiting.close();
  const other = opened(() => 10);
  expect(other.buffer).not.toBe(buffer);
  arrive(10);
  await more;
  expect(opened(() => 10).buffer).not.toBe(buffer);
});
