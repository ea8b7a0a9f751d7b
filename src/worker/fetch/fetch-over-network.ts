/**
 * Fetches a region from another worker into a file, verifying it on the way. Tries nothing again; the
 * queue and, in the end, the master decide about that.
 */

import type { Channel } from "../../rpc/client/channel.ts";
import { fetchRegion } from "../../rpc/regions/fetch-region.ts";
import type { RegionSource } from "../../rpc/wire/region.ts";
import { BlockCheck } from "./block-check.ts";
import { type FetchRegion, regionFault } from "./wanted-region.ts";

/** Fetches on the channels that `channelTo` has for workers, each byte of which must come in time. */
export function fetchOverNetwork(
  channelTo: (source: RegionSource) => Channel,
  progressTimeoutMs: number,
): FetchRegion {
  return async (wanted, into, signal) => {
    const { source, producer, partition, region } = wanted;
    const { lengthBytes, blockBytesMax } = region;
    const { incarnation, worker } = source;
    const request = { incarnation, producer, partition, lengthBytes, offsetBytes: 0 };
    const check = new BlockCheck(blockBytesMax);
    const offset = into.reserve(lengthBytes);
    let position = offset;
    for await (const data of fetchRegion(channelTo(source), request, {
      worker,
      signal,
      progressTimeoutMs,
    })) {
      const damage = check.add(data);
      if (damage !== undefined) throw regionFault(wanted, "corrupt", damage);
      await into.write(data, position);
      position += data.length;
    }
    if (!check.isWhole) throw regionFault(wanted, "corrupt", "its last block has no end");
    return { path: into.path, offset, ...region };
  };
}
