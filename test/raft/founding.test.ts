/**
 * How a group begins whose members cannot tell themselves from members whose disks are gone
 * (src/raft/recovery.ts, "The beginning").
 */

import { describe, expect, it } from "vitest";
import { membershipOf } from "../../src/raft/membership.ts";
import { Cluster } from "./support/cluster.ts";

const GROUP = membershipOf([1, 2, 3]);

/** Members with empty disks; those named are up. */
function newGroup(...ids: readonly number[]): Cluster {
  const cluster = new Cluster({}, (id, life) => () => id / 4 + life / 1000);
  for (const id of GROUP.voters) cluster.add(id, GROUP).disk.lose(GROUP);
  for (const id of ids) cluster.member(id).start();
  return cluster;
}

function pass(cluster: Cluster, ticks: number): void {
  for (let i = 0; i < ticks; i++) {
    for (const { raft } of cluster.up) raft.tick();
    cluster.settle();
  }
}

/** Members 1 and 2 elect 1; 3 hears nothing of it. */
function begin(cluster: Cluster, ticks = 3): void {
  cluster.network.partition([[1, 2], [3]]);
  cluster.member(1).raft.campaign();
  cluster.settle();
  pass(cluster, ticks);
  cluster.network.heal();
}

const soundOf = (cluster: Cluster) =>
  cluster.up.filter(({ raft }) => !raft.status().isRecovering).map(({ id }) => id);

describe("a group whose members have nothing", () => {
  it("elects one of them, and all are sound", () => {
    const cluster = newGroup(1, 2, 3);
    pass(cluster, 60);
    expect(cluster.leader?.raft.propose(new Uint8Array(1)).accepted).toBe(true);
    expect(soundOf(cluster)).toEqual([1, 2, 3]);
  });

  it("begins without one that has not come, which gets all from the others when it does", () => {
    const cluster = newGroup(1, 2);
    begin(cluster);
    expect(cluster.leader?.id).toBe(1);
    cluster.member(3).start();
    pass(cluster, 3);
    expect(soundOf(cluster)).toEqual([1, 2, 3]);
  });

  it("does not begin with one of three alone", () => {
    const cluster = newGroup(1);
    pass(cluster, 60);
    expect(cluster.leader).toBeUndefined();
    expect(soundOf(cluster)).toEqual([]);
  });

  it("keeps the votes of those that crash as soon as they have given them", () => {
    const cluster = newGroup(1, 2);
    begin(cluster, 0);
    for (const id of [1, 2]) {
      cluster.member(id).crash();
      cluster.member(id).start();
      const status = { isRecovering: false, term: 1, votedFor: 1 };
      expect(cluster.member(id).raft.status()).toMatchObject(status);
    }
  });
});

describe("a member that has nothing", () => {
  it("votes for nobody who has an entry: it may have forgotten whom it voted for", () => {
    const cluster = newGroup(1, 2);
    begin(cluster);
    cluster.member(1).crash();
    cluster.member(3).start();
    pass(cluster, 100);
    expect(cluster.leader).toBeUndefined();
    expect(cluster.member(3).raft.status()).toMatchObject({ isRecovering: true, lastIndex: 0 });
    cluster.member(1).start();
    pass(cluster, 60);
    expect(soundOf(cluster)).toEqual([1, 2, 3]);
  });

  it("gives no vote that another life of it was asked for", () => {
    const cluster = newGroup(1, 2);
    cluster.member(1).raft.campaign();
    while (cluster.member(1).raft.status().role !== "candidate") cluster.round([1, 2]);
    cluster.member(2).crash();
    cluster.member(2).disk.lose(GROUP);
    cluster.member(2).start();
    cluster.settle();
    expect(cluster.member(2).raft.status()).toMatchObject({ isRecovering: true, term: 1 });
    expect(cluster.member(2).raft.status().votedFor).toBeUndefined();
    pass(cluster, 30);
    expect(soundOf(cluster)).toEqual([1, 2]);
  });

  it("gets no votes of those who have one", () => {
    const cluster = newGroup(1, 2, 3);
    begin(cluster);
    pass(cluster, 3);
    cluster.member(3).crash();
    cluster.member(3).disk.lose(GROUP);
    cluster.member(3).start();
    cluster.member(3).raft.campaign();
    cluster.settle();
    expect(cluster.member(3).raft.status().term).toBe(0);
    pass(cluster, 3);
    expect(soundOf(cluster)).toEqual([1, 2, 3]);
    expect(cluster.leader?.id).toBe(1);
  });
});
