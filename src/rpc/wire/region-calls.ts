/**
 * Requests for regions, and the chunks that answer them.
 */

import type { Incarnation } from "../../base/ids.ts";
import { writeVarint } from "../../shuffle/run-format.ts";
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
import { type Form, form } from "./form.ts";

/** Names a region on a worker's disk by ids alone. */
export interface RegionRequest {
  /** Of the worker that is asked. */
  readonly incarnation: Incarnation;
  /** The map attempt that wrote it. */
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

/**
 * A piece of a region. A sender lets the file be read into a buffer with room before it for the tag
 * and the length of the message, so that to encode it copies nothing: of the four copies on the way
 * from file to socket, one less is a fifth of the sender's time.
 */
export class RegionChunk {
  readonly data: Uint8Array;
  /** Begins with the room, and goes on with the data. */
  readonly #roomy: Buffer | undefined;

  private constructor(data: Uint8Array, roomy?: Buffer) {
    this.data = data;
    this.#roomy = roomy;
  }

  static of(data: Uint8Array): RegionChunk {
    return new RegionChunk(data);
  }

  /** A chunk whose data is still to be written, into a buffer that `room` made. */
  static within(roomy: Buffer, lengthBytes: number): RegionChunk {
    return new RegionChunk(roomy.subarray(HEADER_BYTES_MAX, HEADER_BYTES_MAX + lengthBytes), roomy);
  }

  /** A buffer for chunks of up to so many bytes, one after the other. */
  static room(lengthBytesMax: number): Buffer {
    return Buffer.allocUnsafeSlow(HEADER_BYTES_MAX + lengthBytesMax);
  }

  /** The whole message; a view of the buffer, if there is one. */
  encode(): Buffer {
    const roomy = this.#roomy ?? Buffer.concat([HEADER_ROOM, this.data]);
    const lengthBytes = this.data.length;
    const start = HEADER_BYTES_MAX - 1 - varintBytes(lengthBytes);
    roomy[start] = DATA_TAG;
    writeVarint(roomy, start + 1, lengthBytes);
    return roomy.subarray(start, HEADER_BYTES_MAX + lengthBytes);
  }
}

/** Field 1 of the message, with a length before its bytes. */
const DATA_TAG = 0x0a;
const HEADER_BYTES_MAX = 6;
const HEADER_ROOM = Buffer.alloc(HEADER_BYTES_MAX);

function varintBytes(value: number): number {
  return value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;
}

const decodedForm = form<Uint8Array, FetchRegionResponse>(
  FetchRegionResponse,
  (data) => ({ data }),
  (wire) => chunkFromWire(wire.data),
);

export const regionChunkForm: Form<RegionChunk> = {
  encode: (chunk) => chunk.encode(),
  decode: (bytes) => RegionChunk.of(decodedForm.decode(bytes)),
};
