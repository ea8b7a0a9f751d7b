/**
 * Regions in messages. The regions of a map output travel, and are best kept, as three columns: as
 * objects, the ten million of a job of 10,000 maps and 1,000 reduces would fill any memory.
 */

import type { Incarnation, WorkerName } from "../../base/ids.ts";
import { PARTITIONS_MAX } from "../../base/limits.ts";
import type { Region } from "../../shuffle/map-output.ts";
import { BLOCK_HEADER_BYTES, BLOCK_PAYLOAD_BYTES_MAX } from "../../shuffle/run-format.ts";
import {
  MapOutputRegions,
  type Region as WireRegion,
  type MapOutputRegions as WireRegions,
  type RegionSource as WireSource,
} from "../generated/sheaf/v1/region.ts";
import { incarnationFromWire, workerFromWire } from "./attempt.ts";
import { address, count, invalid, present } from "./checks.ts";
import { form } from "./form.ts";

/** A region wherever it lies. */
export type RegionSize = Omit<Region, "offset">;

/** A worker as others find it. */
export interface RegionSource {
  readonly worker: WorkerName;
  readonly incarnation: Incarnation;
  readonly address: string;
}

/** The regions of one map output, by partition; the columns have the same length. */
export interface RegionColumns {
  readonly lengthBytes: readonly number[];
  readonly records: readonly number[];
  readonly blockBytesMax: readonly number[];
}

const BLOCK_BYTES_MAX = BLOCK_HEADER_BYTES + BLOCK_PAYLOAD_BYTES_MAX;

/** As bytes, about nine for each region: the form in which to keep many. */
export const regionColumnsForm = form(MapOutputRegions, columnsToWire, (wire) =>
  columnsFromWire("regions", wire),
);

/** The columns of the regions of a map output. */
export function columnsOf(regions: readonly RegionSize[]): RegionColumns {
  return {
    lengthBytes: regions.map((region) => region.lengthBytes),
    records: regions.map((region) => region.records),
    blockBytesMax: regions.map((region) => region.blockBytesMax),
  };
}

/** One row of the columns. */
export function regionOf(columns: RegionColumns, partition: number): RegionSize {
  return {
    lengthBytes: present("partition", columns.lengthBytes[partition]),
    records: present("partition", columns.records[partition]),
    blockBytesMax: present("partition", columns.blockBytesMax[partition]),
  };
}

export function columnsToWire({ lengthBytes, records, blockBytesMax }: RegionColumns): WireRegions {
  return {
    lengthBytes: lengthBytes as number[],
    records: records as number[],
    blockBytesMax: blockBytesMax as number[],
  };
}

export function columnsFromWire(field: string, wire: WireRegions): RegionColumns {
  const { lengthBytes, records, blockBytesMax } = wire;
  const rows = lengthBytes.length;
  if (rows > PARTITIONS_MAX) throw invalid(field, `has ${rows} regions`);
  if (records.length !== rows || blockBytesMax.length !== rows) {
    throw invalid(field, "has columns of different lengths");
  }
  let sumBytes = 0;
  for (let row = 0; row < rows; row++) {
    checkRegion(field, lengthBytes[row]!, records[row]!, blockBytesMax[row]!);
    sumBytes += lengthBytes[row]!;
  }
  // Where a region begins is the sum of those before it.
  count(`${field}.length_bytes, in sum,`, sumBytes);
  return wire;
}

export function regionToWire({ lengthBytes, records, blockBytesMax }: RegionSize): WireRegion {
  return { lengthBytes, records, blockBytesMax };
}

export function regionFromWire(field: string, wire: WireRegion | undefined): RegionSize {
  const { lengthBytes, records, blockBytesMax } = present(field, wire);
  checkRegion(field, lengthBytes, records, blockBytesMax);
  return { lengthBytes, records, blockBytesMax };
}

export function sourceToWire({ worker, incarnation, address }: RegionSource): WireSource {
  return { workerName: worker, incarnation, address };
}

export function sourceFromWire(field: string, wire: WireSource | undefined): RegionSource {
  const source = present(field, wire);
  return {
    worker: workerFromWire(`${field}.worker_name`, source.workerName),
    incarnation: incarnationFromWire(`${field}.incarnation`, source.incarnation),
    address: address(`${field}.address`, source.address),
  };
}

/** A reader takes memory for the largest block, so that is worth a doubt. */
function checkRegion(field: string, length: number, records: number, blockMax: number): void {
  count(field, length);
  count(field, records, length);
  count(field, blockMax, Math.min(length, BLOCK_BYTES_MAX));
  if (length > 0 === (records === 0 || blockMax === 0)) {
    throw invalid(
      field,
      `has ${length} bytes, ${records} records, and blocks of ${blockMax} bytes`,
    );
  }
}
