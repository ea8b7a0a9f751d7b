/**
 * Whether a worker may be one of the cluster's.
 */

import { type Incarnation, workerId } from "../../base/ids.ts";
import { packageFacts } from "../../base/package-facts.ts";
import type { Refused } from "../../rpc/wire/from-master.ts";
import type { Register } from "../../rpc/wire/from-worker.ts";
import { standingOf } from "../../scheduler/workers.ts";
import type { ClusterState } from "../state/cluster-state.ts";

/** Why a life of a worker is refused; undefined if it is not. */
export function refusalOf(
  state: ClusterState,
  incarnation: Incarnation,
  register: Register,
): Pick<Refused, "reason" | "message"> | undefined {
  const { version } = packageFacts();
  if (register.version !== version) {
    const message = `The master has version ${version}, the worker ${register.version}.`;
    return { reason: "version", message };
  }
  switch (standingOf(state.scheduler, workerId(incarnation), register.worker)) {
    case "superseded": {
      const message =
        `Another process has registered as ${register.worker} since. Unless it was to take this one's ` +
        "place, give each a --name of its own.";
      return { reason: "superseded", message };
    }
    case "left":
    case "lost": {
      const message = "It was silent for too long, or left, and what it held was given up.";
      return { reason: "lost", message };
    }
    default:
      return undefined;
  }
}
