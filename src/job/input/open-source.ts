/**
 * Opens what an input file names, wherever it lies, and decompresses it if its name says so.
 */

import { INPUT_BLOCK_BYTES } from "../../base/limits.ts";
import type { ByteSource, Reading } from "./byte-source.ts";
import { DecompressedSource } from "./decompressed-source.ts";
import { type InputFile, isRemote } from "./input.ts";
import { LocalFile } from "./local-file.ts";
import { ObjectSource } from "./object-source.ts";

/** How all formats read: in blocks of the usual size. */
export const READING: Reading = { blockBytes: INPUT_BLOCK_BYTES, open: openSource };

/** Opens a file at `start`, to read it up to `end` or a little further. */
export function openSource(file: InputFile, start: number, end = file.sizeBytes): ByteSource {
  if (file.compression === "none") return openStored(file, start, end);
  return new DecompressedSource(file, openStored(file, 0, file.sizeBytes));
}

/** The bytes of a file as it is stored. */
function openStored(file: InputFile, start: number, end: number): ByteSource {
  return isRemote(file) ? new ObjectSource(file, start, end) : new LocalFile(file, start);
}
