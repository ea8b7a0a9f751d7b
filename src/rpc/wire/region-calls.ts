/**
 * Requests for regions, and the chunks that answer them.
 */

import type { Incarnation } from "../../base/ids.ts";
import { FetchRegionRequest, FetchRegionResponse } from "../generated/sheaf/v1/region.ts";
import {
  type AnyAttemptRef,
  attemptFromWire,
  attemptToWire,
  incarnationFromWire,
  partitionFromWire,
} from "./attempt.ts";
import { chunkFromWire } from "./bundle.ts";
import { count, invalid } from "./checks.ts";
import { form } from "./form.ts";

/** Names a region on a worker's disk by ids alone. */
export interface RegionRequest {
  /** Of the worker that is asked. */
  readonly incarnation: Incarnation;
  /** The attempt that wrote it: a map, or a reduce that wrote a run for the next step. */
  readonly producer: AnyAttemptRef;
  readonly partition: number;
  /** As the one that asks was told. */
  readonly lengthBytes: number;
  /** Less than the length. */
  readonly offsetBytes: number;
}

export const regionRequestForm = form<RegionRequest, FetchRegionRequest>(
  FetchRegionRequest,
  ({ producer, ...rest }) => ({ ...rest, producer: attemptToWire(producer) }),
  (wire) => {
    const producer = attemptFromWire("producer", wire.producer);
    if (producer.phase === "sample") throw invalid("producer", "is a sample, which has no regions");
    return {
      incarnation: incarnationFromWire("incarnation", wire.incarnation),
      producer,
      partition: partitionFromWire("partition", wire.partition),
      lengthBytes: count("length_bytes", wire.lengthBytes, Number.MAX_SAFE_INTEGER, 1),
      offsetBytes: count("offset_bytes", wire.offsetBytes, wire.lengthBytes - 1),
    };
  },
);

export const regionChunkForm = form<Uint8Array, FetchRegionResponse>(
  FetchRegionResponse,
  (data) => ({ data }),
  (wire) => chunkFromWire(wire.data),
);
