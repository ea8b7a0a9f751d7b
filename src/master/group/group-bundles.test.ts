import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Chance } from "../../../test/storage/support/chance.ts";
import { SimulatedMachine } from "../../../test/storage/support/simulated-machine.ts";
import { partialService } from "../../../test/support/answering-services.ts";
import { RpcNodes } from "../../../test/support/rpc-nodes.ts";
import { type MemberId, memberId } from "../../base/ids.ts";
import { bundleHash } from "../../bundle/packed-bundle.ts";
import type { Address } from "../../rpc/security/address.ts";
import type { RpcServer } from "../../rpc/server/rpc-server.ts";
import { jobService } from "../../rpc/services/job-service.ts";
import { workerService } from "../../rpc/services/worker-service.ts";
import { BundleFolder } from "../bundle-folder.ts";
import { sendBundle, takeBundle } from "../services/bundle-transfer.ts";
import { GroupBundles } from "./group-bundles.ts";

const BUNDLE = Buffer.from("export default {};");
const HASH = bundleHash(BUNDLE);

let nodes: RpcNodes;
let bundles: BundleFolder;
/** Of masters 2 and 3. */
let others: readonly BundleFolder[];
let servers: readonly RpcServer[];
beforeEach(async () => {
  nodes = new RpcNodes();
  bundles = await emptyFolder();
  others = [await emptyFolder(), await emptyFolder()];
  servers = await Promise.all(others.map(serve));
});
afterEach(() => nodes.close());

function emptyFolder(machine = new SimulatedMachine(new Chance(1))): Promise<BundleFolder> {
  return BundleFolder.open(machine.run());
}

/** What a master has to say of bundles. */
function serve(folder: BundleFolder): Promise<RpcServer> {
  return nodes.listen([
    partialService(jobService, {
      hasBundle: async (hash) => folder.has(hash),
      putBundle: async (pieces) => {
        await takeBundle(folder, pieces);
        return undefined;
      },
    }),
    partialService(workerService, { getBundle: (hash) => sendBundle(folder, hash) }),
  ]);
}

/** Of master 1; where masters are but 2 and 3, nobody knows. */
function groupOf(...ids: readonly number[]): GroupBundles {
  const addresses = new Map<MemberId, Address>(
    servers.map(({ address }, i) => [memberId(i + 2), address]),
  );
  return new GroupBundles({
    ...{ bundles, member: memberId(1), voters: () => ids.map(memberId) },
    addressOf: (id) => addresses.get(id),
    ...{ tls: undefined, token: undefined, onTrouble: () => {} },
  });
}

describe("a bundle is at a majority", () => {
  test.each([
    ["of one", [1], 0],
    ["of three, of whom one is dead", [1, 2, 3], 1],
    ["of five, of whom two have never been heard", [1, 2, 3, 8, 9], 0],
  ] as const)("%s", async (_, voters, dead) => {
    await bundles.add(HASH, BUNDLE);
    if (dead > 0) await servers[dead]!.close(0);
    await groupOf(...voters).spread(HASH);
    expect(others[0]!.has(HASH)).toBe(voters.length > 1);
  });

  test("or nobody submits a job with it: each that has it not is named, with the reason", async () => {
    await bundles.add(HASH, BUNDLE);
    await servers[1]!.close(0);
    const spread = groupOf(1, 2, 3, 8, 9).spread(HASH);
    await expect(spread).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    await expect(spread).rejects.toThrow(/master 8: it has not said where it is called;/);
  });

  test("not while a master counts that has no vote: only voters do", async () => {
    await bundles.add(HASH, BUNDLE);
    await servers[1]!.close(0);
    await expect(groupOf(2, 3, 8).spread(HASH)).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
    });
  });
});

test("a bundle that has rotted here comes from another master", async () => {
  const machine = new SimulatedMachine(new Chance(1));
  bundles = await emptyFolder(machine);
  await bundles.add(HASH, BUNDLE);
  const group = groupOf(1, 2, 3);
  await group.spread(HASH);
  const file = await machine.run().open(`bundle-${HASH}`, "write");
  await file.write(Buffer.from("#"), 3);
  await file.close();
  expect(await group.obtain(HASH, new AbortController().signal)).toEqual(new Uint8Array(BUNDLE));
});
