/**
 * What attempts wrote to the console, for whoever asks while the leader remembers it; what the winners
 * wrote is in `_logs/` of the output in the end. Bounded: the oldest is forgotten first.
 */

import type { JobId } from "../../base/ids.ts";
import type { LogPiece, LogsRequest } from "../../rpc/wire/job-calls.ts";
import { ownerOf } from "../state/cluster-state.ts";

/** Characters that are kept, of all jobs together. */
const CHARS_MAX = 64 * 1024 * 1024;

/** See the head of this file. */
export class AttemptLogs {
  readonly #pieces: LogPiece[] = [];
  #chars = 0;
  /** Pieces that were forgotten, so that a place in the list keeps its meaning. */
  #forgotten = 0;

  add(piece: LogPiece): void {
    if (piece.text === "") return;
    this.#pieces.push(piece);
    this.#chars += piece.text.length;
    while (this.#chars > CHARS_MAX) {
      this.#chars -= this.#pieces.shift()!.text.length;
      this.#forgotten++;
    }
  }

  /** What there is of a job from a place on, and the place to go on at. */
  read(from: number, wanted: LogsRequest): { readonly pieces: LogPiece[]; readonly next: number } {
    const start = Math.max(0, from - this.#forgotten);
    const pieces = this.#pieces.slice(start).filter((piece) => isWanted(piece, wanted));
    return { pieces, next: this.#forgotten + this.#pieces.length };
  }
}

function isWanted({ attempt }: LogPiece, { job, phase, task }: LogsRequest): boolean {
  if ((ownerOf(attempt.job) as JobId) !== job) return false;
  if (phase !== undefined && attempt.phase !== phase) return false;
  return task === undefined || attempt.task === task;
}
