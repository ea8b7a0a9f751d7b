/**
 * The state of the cluster as bytes, in pieces: frames as the scheduler's own snapshot has them, which
 * is in frames of its own in the end.
 *
 *     head        format, addresses of masters as JSON
 *     job         a job but for its events, as MessagePack
 *     events      some events of the job before, likewise
 *     scheduler   a piece of the scheduler's snapshot
 *     end         that there is no more
 */

import { Packr } from "msgpackr";
import { assert } from "../../base/assert.ts";
import { SheafError } from "../../base/error.ts";
import type { MemberId } from "../../base/ids.ts";
import type { NumberedEvent } from "../../rpc/wire/event.ts";
import { StateDecoder } from "../../scheduler/snapshot/decode-state.ts";
import { encodeState } from "../../scheduler/snapshot/encode-state.ts";
import { FrameCutter, type FrameReader, FrameWriter } from "../../scheduler/snapshot/frame.ts";
import type { ResultCodec } from "../../scheduler/snapshot/result-codec.ts";
import { type ClusterJob, type ClusterState, emptyClusterState } from "./cluster-state.ts";
import { keepResult, type PackedResult, resultBytes } from "./task-result.ts";

/** What a reader must know to read. Another one than its own it refuses. */
const FORMAT = 1;
const FRAME = { head: 1, job: 2, events: 3, scheduler: 4, end: 5 } as const;
/** About the size of a piece. */
const PIECE_BYTES = 64 * 1024;
const FRAME_EVENTS = 32;

const packr = new Packr({ useRecords: false, copyBuffers: true });

const RESULTS: ResultCodec = {
  encode: (result) => resultBytes(result as PackedResult),
  decode: keepResult,
};

/** The state, in pieces of about 64 KiB. Nothing may be applied until all are taken. */
export function* encodeCluster(state: ClusterState): Generator<Uint8Array, undefined> {
  const frames = new FrameWriter();
  frames.begin(FRAME.head);
  frames.count(FORMAT);
  frames.json([...state.members]);
  frames.end();
  for (const { events, ...job } of state.jobs.values()) {
    writePacked(frames, FRAME.job, job);
    for (let i = 0; i < events.length; i += FRAME_EVENTS) {
      writePacked(frames, FRAME.events, events.slice(i, i + FRAME_EVENTS));
      if (frames.sizeBytes >= PIECE_BYTES) yield frames.take();
    }
    if (frames.sizeBytes >= PIECE_BYTES) yield frames.take();
  }
  for (const piece of encodeState(state.scheduler, RESULTS)) {
    frames.begin(FRAME.scheduler);
    frames.bytes(piece);
    frames.end();
    yield frames.take();
  }
  frames.begin(FRAME.end);
  frames.end();
  yield frames.take();
}

function writePacked(frames: FrameWriter, kind: number, value: unknown): void {
  frames.begin(kind);
  frames.bytes(packr.pack(value));
  frames.end();
}

/** Makes a state of the pieces of a snapshot, cut as they come. */
export class ClusterDecoder {
  readonly #state = emptyClusterState();
  readonly #frames = new FrameCutter();
  readonly #scheduler = new StateDecoder(RESULTS);
  #job: ClusterJob | undefined;
  #isComplete = false;

  push(piece: Uint8Array): void {
    for (const frame of this.#frames.push(piece)) this.#take(frame);
  }

  /** The state, when all pieces are there. */
  finish(): ClusterState {
    assert(this.#isComplete, "a snapshot is read to its end");
    return { ...this.#state, scheduler: this.#scheduler.finish() };
  }

  #take(frame: FrameReader): void {
    switch (frame.kind) {
      case FRAME.head:
        checkFormat(frame.count());
        for (const [member, address] of frame.json() as [MemberId, string][]) {
          this.#state.members.set(member, address);
        }
        return;
      case FRAME.job: {
        const job = packr.unpack(frame.bytes()) as Omit<ClusterJob, "events">;
        this.#job = { ...job, events: [] };
        this.#state.jobs.set(job.id, this.#job);
        this.#state.submissions.set(job.submission, job.id);
        return;
      }
      case FRAME.events: {
        assert(this.#job !== undefined, "a snapshot tells of a job before its events");
        this.#job.events.push(...(packr.unpack(frame.bytes()) as NumberedEvent[]));
        return;
      }
      case FRAME.scheduler:
        return this.#scheduler.push(frame.bytes());
      case FRAME.end:
        this.#isComplete = true;
        return;
      default:
        assert(false, "a snapshot holds frames that are known");
    }
  }
}

function checkFormat(format: number): void {
  if (format === FORMAT) return;
  throw new SheafError(
    "DATA_MISMATCH",
    `Cannot read the snapshot of the cluster: it has format ${format}, and this version of Sheaf ` +
      `reads ${FORMAT}. Use the version that wrote it.`,
  );
}
