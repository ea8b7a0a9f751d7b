/**
 * Lets a check see what a master puts into its log, takes out of it, and applies.
 */

import type { MemberId } from "../../../src/base/ids.ts";
import type { ClusterMachine } from "../../../src/master/state/cluster-machine.ts";
import { encodeCluster } from "../../../src/master/state/cluster-snapshot.ts";
import type { StateMachine } from "../../../src/replica/state-machine.ts";
import type { DurableLog } from "../../../src/storage/durable-log.ts";
import type { ConsensusCheck } from "./consensus.ts";

/** From now on the check hears what the log is asked for, and when it is done. */
export function watchLog(check: ConsensusCheck, member: MemberId, log: DurableLog): void {
  const persist = log.persist.bind(log);
  const restore = log.restore.bind(log);
  const createSnapshot = log.createSnapshot.bind(log);
  log.restore = () => {
    const restored = restore();
    check.restored(member, restored, log.isRecovering);
    return restored;
  };
  log.persist = async (request) => {
    check.persisting(member, request);
    const answer = await persist(request);
    check.persisted(member);
    return answer;
  };
  log.createSnapshot = (meta) => {
    check.stores(member, meta);
    return createSnapshot(meta);
  };
}

/** The machine as its replica is given it. */
export function watchMachine(
  check: ConsensusCheck,
  member: MemberId,
  machine: ClusterMachine,
): StateMachine {
  return {
    apply: (command, index) => {
      check.applies(member, index, command);
      machine.apply(command);
    },
    encode: () => {
      const pieces = [...machine.encode()];
      check.encoded(member, pieces);
      return pieces;
    },
    decode: async (bytes) => {
      await machine.decode(bytes);
      check.decoded(member, [...encodeCluster(machine.state)]);
    },
  };
}
