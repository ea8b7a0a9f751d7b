/**
 * A member of a measured group, with its log on the disk and its links over gRPC as a master has them:
 * `node scripts/ts.mjs bench/group/member-node.ts PART`. It says its port, is told all of them, and if
 * it comes to lead it proposes, so many at a time, and says how long it took until all were applied.
 */

import { once } from "node:events";
import process from "node:process";
import { memberId } from "../../src/base/ids.ts";
import { DataFolder } from "../../src/replica/data-folder.ts";
import { GrpcTransport, raftServiceOf } from "../../src/replica/grpc-transport.ts";
import { Replica } from "../../src/replica/replica.ts";
import { RpcServer } from "../../src/rpc/server/rpc-server.ts";
import type { MemberPart, MemberSaid, MemberTold } from "./group-run.ts";

const HOST = "127.0.0.1";
const COMMAND_BYTES = 100;
/** Proposals that wait at once, each for its own answer. */
const IN_FLIGHT = 1000;

const { id, members, folder, commands } = JSON.parse(process.argv[2]!) as MemberPart;
const command = new Uint8Array(COMMAND_BYTES);

process.once("disconnect", () => process.exit());
const voters = Array.from({ length: members }, (_, index) => memberId(index + 1));
const data = await DataFolder.open(folder, {
  identity: { cluster: "bench", member: memberId(id) },
  membership: { voters, learners: [] },
});
let replica: Replica | undefined;
const server = await RpcServer.listen({
  ...{ address: { host: HOST, port: 0 }, tls: undefined, token: undefined },
  services: [raftServiceOf((message) => replica?.receive(message))],
});
say({ port: server.address.port });
const [{ ports }] = (await once(process, "message")) as [MemberTold];
const transport = new GrpcTransport({
  addressOf: (member) => ({ host: HOST, port: ports[member - 1]! }),
  tls: undefined,
});
replica = await Replica.start({
  member: memberId(id),
  log: data.log,
  machine: { apply: () => {}, encode: () => [Uint8Array.of(0)].values(), decode: async () => {} },
  transport,
  observer: {
    onLeading: () => void measure(),
    onFollowing: () => {},
    onFatal: (thrown) => {
      throw thrown;
    },
  },
});

async function measure(): Promise<void> {
  // Called while the entry that makes it the leader is applied, which must be over first.
  await new Promise((resolve) => setImmediate(resolve));
  const startMs = performance.now();
  let next = 0;
  const proposeInTurn = async (): Promise<void> => {
    while (next++ < commands) await replica!.propose(command);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, proposeInTurn));
  say({ seconds: (performance.now() - startMs) / 1000 });
}

function say(said: MemberSaid): void {
  process.send!(said);
}
