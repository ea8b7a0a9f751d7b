/**
 * What shows a run while it goes. There are four: a live block on a terminal, plain lines elsewhere,
 * NDJSON, and nothing. The command that runs the job knows only this.
 */

import type { JobEvent } from "../../job/report.ts";

/** See the head of this file. */
export interface Display {
  /** Takes in the next event of the run; one that a cluster tells of late happened a while ago. */
  event(event: JobEvent, agoMs?: number): void;
  /** Tells people something that is no event of the run, in a line. */
  note(text: string): void;
  /** The first interrupt came, and the run is cleaning up. */
  cancelling(): void;
  /** Ends it and gives the terminal back as it was; may be called twice. */
  close(): void;
}

/** Said once where no live block says it. */
export const CANCELLING = "Cancelling... press Ctrl-C again to force.";

/** Shows nothing: `--quiet`. */
export const QUIET_DISPLAY: Display = {
  event() {},
  note() {},
  cancelling() {},
  close() {},
};
