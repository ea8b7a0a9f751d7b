/**
 * A process that is the only member of its group, and proposes until it is killed:
 * `propose-forever.ts FOLDER FIRST`. It has eight proposals under way, makes snapshots now and then, and
 * prints each number whose command was applied.
 */

import { memberId } from "../../../src/base/ids.ts";
import { membershipOf } from "../../../src/raft/membership.ts";
import { DataFolder } from "../../../src/replica/data-folder.ts";
import { Replica } from "../../../src/replica/replica.ts";
import { MapMachine, set } from "./map-machine.ts";

const IN_FLIGHT = 8;

const [path, first] = [process.argv[2]!, Number(process.argv[3])];
const identity = { cluster: "test", member: memberId(1) };
const folder = await DataFolder.open(path, { identity, membership: membershipOf([1]) });
let next = first;
const replica = await Replica.start({
  member: identity.member,
  log: folder.log,
  machine: new MapMachine(),
  transport: { send: () => {} },
  limits: { snapshotBytesMin: 40_000, snapshotBytesMax: 40_000, tailBytes: 10_000 },
  observer: {
    onLeading: () => {
      for (let i = 0; i < IN_FLIGHT; i++) void proposeForever();
    },
    onFollowing: () => {},
    onFatal: (error) => {
      throw error;
    },
  },
});

async function proposeForever(): Promise<never> {
  for (;;) {
    const number = next++;
    await replica.propose(set(number));
    process.stdout.write(`${number}\n`);
  }
}
