/**
 * Where a leader's commands go.
 */

/** See the head of this file. */
export interface CommandLog {
  /**
   * Puts commands into the log, in this order; resolves when the log has them and they have been
   * applied. Rejects with `NOT_LEADER` if this master does not lead any more: whether the log has them,
   * the next leader will know.
   */
  append(commands: readonly Uint8Array[]): Promise<void>;
}
