/**
 * How long a client waits for a leader. It stands alone, so that the help can say it without loading
 * the client.
 */

/** See the head of this file. */
export interface Patience {
  /** For the answer to a call. */
  readonly answerMs: number;
  /** For a leader that was lost while a job was followed, or for its successor. */
  readonly returnMs: number;
}

/** An election takes seconds; machines that start again take a minute or two. */
export const PATIENCE: Patience = { answerMs: 15_000, returnMs: 120_000 };

/** Whoever asks who leads wants to see soon that nobody does. */
export const STATUS_PATIENCE: Patience = { answerMs: 5000, returnMs: 5000 };
