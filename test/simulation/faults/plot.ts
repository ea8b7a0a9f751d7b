/**
 * A fault that waits for moments of the cluster's own, and is not over when it has begun.
 */

/** See the head of this file. */
export interface Plot {
  /** Looks at how things are, and acts if it is time; true if there is nothing more to wait for. */
  isOver(): boolean;
}
