/**
 * What the attempts of a job wrote to the console. A stream of logs has no numbers to go on by: after
 * a break it is read anew, and what was told is left out, because what an attempt has written does
 * not change.
 */

import type { LogPiece, LogsRequest } from "../rpc/wire/job-calls.ts";
import type { Cluster } from "./cluster.ts";
import { type FollowOptions, resumed } from "./resumed-stream.ts";

/** The pieces in the order in which they come; those of an attempt in a row. */
export async function* readLogs(
  cluster: Cluster,
  request: LogsRequest,
  options: FollowOptions = {},
): AsyncGenerator<LogPiece> {
  const seen = new SeenLogs();
  yield* resumed<LogPiece>(
    cluster,
    request.job,
    {
      open: (jobs, bounds) => {
        seen.beginAnew();
        return jobs.readLogs(request, bounds);
      },
      take: (piece) => seen.take(piece),
      isComplete: () => true,
    },
    options,
  );
}

/** How much of each attempt's text was told. */
export class SeenLogs {
  readonly #toldChars = new Map<string, number>();
  /** How much of it this stream has brought. */
  readonly #broughtChars = new Map<string, number>();

  /** The next piece is the first of a new stream. */
  beginAnew(): void {
    this.#broughtChars.clear();
  }

  /** The part of a piece that is new. */
  take(piece: LogPiece): LogPiece | undefined {
    const { job, phase, task, attempt } = piece.attempt;
    const key = `${job} ${phase} ${task} ${attempt}`;
    const start = this.#broughtChars.get(key) ?? 0;
    const end = start + piece.text.length;
    this.#broughtChars.set(key, end);
    const told = this.#toldChars.get(key) ?? 0;
    if (end <= told) return undefined;
    this.#toldChars.set(key, end);
    return { ...piece, text: piece.text.slice(Math.max(0, told - start)) };
  }
}
