/**
 * Splits in messages. Each file is spelt once, however many of its pieces a split has.
 */

import { INPUT_FILES_MAX, SPLITS_MAX } from "../../base/limits.ts";
import type { Compression, InputFile, Segment, Split } from "../../job/input/input.ts";
import {
  Compression as WireCompression,
  type InputFile as WireFile,
  type Segment as WireSegment,
  type Split as WireSplit,
} from "../generated/sheaf/v1/input.ts";
import { PATH_CHARS_MAX, SPLIT_SEGMENTS_MAX } from "../limits.ts";
import { choice, count, invalid, list, numberOf, path, present, text } from "./checks.ts";

const COMPRESSIONS: Readonly<Record<Compression, WireCompression>> = {
  none: WireCompression.NONE,
  gzip: WireCompression.GZIP,
  zstd: WireCompression.ZSTD,
};

export function splitToWire({ index, segments, sizeBytes }: Split): WireSplit {
  const places = new Map<InputFile, number>();
  const wireSegments = segments.map(({ file, start, end, run }): WireSegment => {
    const place = places.get(file) ?? places.size;
    places.set(file, place);
    return { file: place, startBytes: start, endBytes: end, run: run && { ...run } };
  });
  const files = [...places.keys()].map(fileToWire);
  return { index, files, segments: wireSegments, sizeBytes };
}

export function splitFromWire(field: string, wire: WireSplit | undefined): Split {
  const { index, files: wireFiles, segments, sizeBytes } = present(field, wire);
  const files = list(`${field}.files`, wireFiles, SPLIT_SEGMENTS_MAX, fileFromWire);
  return {
    index: count(`${field}.index`, index, SPLITS_MAX - 1),
    segments: list(`${field}.segments`, segments, SPLIT_SEGMENTS_MAX, (name, segment) =>
      segmentFromWire(name, segment, files),
    ),
    sizeBytes: count(`${field}.size_bytes`, sizeBytes),
  };
}

function segmentFromWire(field: string, wire: WireSegment, files: readonly InputFile[]): Segment {
  const file = files[wire.file];
  if (file === undefined) throw invalid(`${field}.file`, "names no file of the split");
  const end = count(`${field}.end_bytes`, wire.endBytes, file.sizeBytes);
  const start = count(`${field}.start_bytes`, wire.startBytes, end);
  if (wire.run === undefined) return { file, start, end };
  const { records, blockBytesMax } = wire.run;
  return {
    file,
    start,
    end,
    run: {
      records: count(`${field}.run.records`, records),
      blockBytesMax: count(`${field}.run.block_bytes_max`, blockBytesMax),
    },
  };
}

function fileToWire(file: InputFile): WireFile {
  const { etag, compression, ...rest } = file;
  return { ...rest, etag, compression: numberOf(compression, COMPRESSIONS) };
}

function fileFromWire(field: string, wire: WireFile): InputFile {
  if (!Number.isFinite(wire.modifiedMs)) throw invalid(`${field}.modified_ms`, "is no time");
  return {
    path: path(`${field}.path`, wire.path, PATH_CHARS_MAX),
    name: text(`${field}.name`, wire.name, PATH_CHARS_MAX),
    index: count(`${field}.index`, wire.index, INPUT_FILES_MAX - 1),
    sizeBytes: count(`${field}.size_bytes`, wire.sizeBytes),
    modifiedMs: wire.modifiedMs,
    compression: choice(`${field}.compression`, wire.compression, COMPRESSIONS),
    ...(wire.etag === undefined ? {} : { etag: text(`${field}.etag`, wire.etag) }),
  };
}
