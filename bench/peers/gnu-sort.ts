/**
 * GNU sort as a peer: as many threads as there are slots, a buffer as said, its temporary files
 * beside the data.
 */

import type { Contender, Tool } from "../suite.ts";
import { shellContender } from "./shell.ts";

/** One run of GNU sort over one file. */
export interface GnuSortRun {
  readonly id: string;
  readonly tool: Tool;
  readonly slots: number;
  /** What `-S` takes: `50%`, `128M`. */
  readonly buffer: string;
  readonly input: string;
}

/** See the head of this file. */
export function gnuSort(run: GnuSortRun): Contender {
  return shellContender({
    id: run.id,
    label: `GNU sort, --parallel=${run.slots} -S ${run.buffer}`,
    tool: run.tool,
    script: 'exec sort --parallel="$1" -S "$2" -T "$SCRATCH" "$3"',
    args: [String(run.slots), run.buffer, run.input],
  });
}
