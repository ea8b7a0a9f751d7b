/**
 * The state of the cluster itself. The leader knows all of it; where none is to be found, each master
 * is asked for what it knows of itself, because that is when somebody wants to see who is there.
 */

import { SheafError } from "../base/error.ts";
import type { Channel } from "../rpc/client/channel.ts";
import { whyInVain } from "../rpc/client/masters.ts";
import { stub } from "../rpc/client/stub.ts";
import { clusterService } from "../rpc/services/cluster-service.ts";
import type { ClusterStatus, MemberStatus, Replacement } from "../rpc/wire/cluster.ts";
import type { Cluster } from "./cluster.ts";

/** What one master says, or why it says nothing. */
export interface MasterAnswer {
  readonly peer: string;
  readonly status: ClusterStatus | undefined;
  readonly reason: string | undefined;
}

/** All that the leader knows, or what there is without one. */
export type ClusterState =
  | { readonly kind: "led"; readonly status: ClusterStatus }
  | {
      readonly kind: "leaderless";
      readonly answers: readonly MasterAnswer[];
      /** Why there is no more: `CLUSTER_UNREACHABLE`. */
      readonly error: SheafError;
    };

/** For one master to say what it knows of itself. */
const ANSWER_MS = 2000;
/** For a new master to catch up with a log of gigabytes and to be given its vote. */
const REPLACE_MS = 15 * 60_000;

/** Throws what a master refuses the call with, such as `ACCESS_DENIED`. */
export async function clusterState(cluster: Cluster): Promise<ClusterState> {
  let leader: Channel;
  try {
    leader = await findLeader(cluster);
  } catch (error) {
    if (!(error instanceof SheafError) || error.code !== "CLUSTER_UNREACHABLE") throw error;
    const answers = await Promise.all(cluster.masters.all().map(answerOf));
    return { kind: "leaderless", answers, error };
  }
  return { kind: "led", status: await stub(clusterService, leader).status(undefined) };
}

async function answerOf(channel: Channel): Promise<MasterAnswer> {
  const { peer } = channel;
  try {
    const bounds = { deadlineMs: ANSWER_MS };
    const status = await stub(clusterService, channel).status(undefined, bounds);
    return { peer, status, reason: undefined };
  } catch (error) {
    return { peer, status: undefined, reason: whyInVain(error) };
  }
}

/**
 * Has the leader replace a master, and waits until it has. The call is made once: whether one that
 * was cut off has been heard, the state of the cluster tells.
 */
export async function replaceMaster(
  cluster: Cluster,
  replacement: Replacement,
): Promise<readonly MemberStatus[]> {
  const leader = await findLeader(cluster);
  const calls = stub(clusterService, leader);
  return await calls.replace(replacement, { deadlineMs: REPLACE_MS });
}

/** Any master answers about the cluster; of jobs only the leader tells. */
async function findLeader(cluster: Cluster): Promise<Channel> {
  return await cluster.leader((jobs, bounds) =>
    jobs.listJobs({ pageSize: 1, pageToken: "" }, bounds),
  );
}
