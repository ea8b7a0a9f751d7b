/**
 * The cluster's state as the machine that the log drives: the same at each master that has applied
 * the same entries. Whoever leads is told of what each command has changed.
 */

import type { StateMachine } from "../../replica/state-machine.ts";
import { applyCommand } from "./apply-command.ts";
import type { ClusterEffect } from "./cluster-effect.ts";
import { ClusterDecoder, encodeCluster } from "./cluster-snapshot.ts";
import { type ClusterState, emptyClusterState } from "./cluster-state.ts";
import { decodeCommand } from "./command-codec.ts";

/** See the head of this file. */
export class ClusterMachine implements StateMachine {
  readonly #onApplied: (effects: readonly ClusterEffect[]) => void;
  #state = emptyClusterState();

  constructor(onApplied: (effects: readonly ClusterEffect[]) => void) {
    this.#onApplied = onApplied;
  }

  /** Another object after a snapshot was taken in, which a leader never does. */
  get state(): ClusterState {
    return this.#state;
  }

  apply(command: Uint8Array): void {
    this.#onApplied(applyCommand(this.#state, decodeCommand(command)));
  }

  encode(): Iterable<Uint8Array> {
    return encodeCluster(this.#state);
  }

  async decode(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new ClusterDecoder();
    for await (const piece of bytes) decoder.push(piece);
    this.#state = decoder.finish();
  }
}
