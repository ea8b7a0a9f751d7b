/**
 * Three masters whose links to each other, or to a worker, are cut, while all other links pass: with a
 * majority on one side the job goes on there, and it puts out what the sequential executor puts out.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClusterFolder } from "./support/cluster-folder.ts";
import type { Cut } from "./support/cluster-network.ts";
import { ClusterProcesses, type MasterProcess, masterNameOf } from "./support/cluster-processes.ts";
import { TELLS_OWNERS } from "./support/connection-owner.ts";
import { GatedJob } from "./support/gated-job.ts";

describe.runIf(TELLS_OWNERS)("links of three masters", () => {
  let folder: ClusterFolder;
  let cluster: ClusterProcesses;
  let leader: MasterProcess;
  let others: readonly MasterProcess[];
  let gated: GatedJob;
  beforeEach(async () => {
    folder = new ClusterFolder();
    cluster = await ClusterProcesses.start(folder, 3, { masters: 3, hasNetwork: true });
    leader = await cluster.leader();
    others = cluster.masters.filter((it) => it !== leader);
    gated = new GatedJob(folder, "gated-map", "map");
  });
  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  const LEADER = (): string => masterNameOf(leader.id);

  test.each<[string, Cut, "to the others" | "from the others"]>([
    ["that is cut off from the others, who notice", "reset", "to the others"],
    ["that is cut off from the others without a word", "silent", "to the others"],
    ["that the others do not hear", "one way", "to the others"],
    ["that does not hear the others", "one way", "from the others"],
  ])("a leader %s leads no more, and costs no work", async (_, how, way) => {
    const begun = cluster.begin(gated.file, "--quiet");
    await gated.reached(3);
    for (const { id } of others) {
      if (way === "to the others") cluster.network!.cut(LEADER(), masterNameOf(id), how);
      else cluster.network!.cut(masterNameOf(id), LEADER(), how);
    }
    await leader.command.shows("does not lead any more");
    await Promise.any(others.map(({ command }) => command.shows("This master leads")));
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(gated.again()).toEqual([]);
    for (const { id } of others) cluster.network!.heal(LEADER(), masterNameOf(id));
  });

  test("a worker that the leader alone does not reach is given up, and nobody else", async () => {
    const begun = cluster.begin(gated.file, "--quiet");
    await gated.reached(3);
    cluster.network!.cut("w1", LEADER(), "silent");
    await leader.command.shows("Worker w1 does not answer: it is given up.");
    gated.open();
    expect((await cluster.output(begun)).parts).toEqual(await folder.expected());
    expect(leader.command.stderr).not.toContain("does not lead any more");
    expect(leader.command.stderr.match(/is given up/g)).toHaveLength(1);
    cluster.network!.heal("w1", LEADER());
    await cluster.workers[0]!.shows("it begins anew");
  });
});
