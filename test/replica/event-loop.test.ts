/**
 * Work that grows with the state or the log gives the event loop its turns: pings must be answered, and
 * heartbeats sent, whatever the size of a snapshot. The clock here moves only as the machine works.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memberId } from "../../src/base/ids.ts";
import { membershipOf } from "../../src/raft/membership.ts";
import { REAL_REPLICA_CLOCK, type ReplicaClock } from "../../src/replica/clock.ts";
import { DataFolder } from "../../src/replica/data-folder.ts";
import { Replica } from "../../src/replica/replica.ts";
import type { StateMachine } from "../../src/replica/state-machine.ts";
import { Group } from "./support/group.ts";

const PIECE_MS = 4;
const PIECES = 50;
const SLICE_MS = 10;
/** As many as begin before the slice is over. */
const PIECES_A_TURN = Math.ceil(SLICE_MS / PIECE_MS);

/** A state that takes long to encode, and commands that take long to apply. */
class SlowMachine implements StateMachine {
  nowMs = 0;
  /** Units of work in each turn of the event loop. */
  readonly turns: number[] = [0];
  isEncoding = false;
  appliedWhileEncoding = 0;

  apply(): void {
    if (this.isEncoding) this.appliedWhileEncoding++;
    this.#work();
  }

  *encode(): Generator<Uint8Array> {
    this.isEncoding = true;
    for (let i = 0; i < PIECES; i++) {
      this.#work();
      yield Buffer.from([i]);
    }
    this.isEncoding = false;
  }

  async decode(): Promise<void> {}

  #work(): void {
    this.nowMs += PIECE_MS;
    this.turns[this.turns.length - 1]!++;
  }
}

let group: Group;
let folder: DataFolder;
let replica: Replica;
let machine: SlowMachine;

beforeEach(async () => {
  group = await Group.make();
  const identity = { cluster: "test", member: memberId(1) };
  folder = await DataFolder.open(group.folderOf(1), { identity, membership: membershipOf([1]) });
  machine = new SlowMachine();
  const clock: ReplicaClock = {
    ...REAL_REPLICA_CLOCK,
    nowMs: () => machine.nowMs,
    soon(callback) {
      setImmediate(() => {
        machine.turns.push(0);
        callback();
      });
    },
  };
  await new Promise<void>((resolve, reject) => {
    const started = Replica.start({
      member: identity.member,
      ...{ log: folder.log, machine, clock },
      transport: { send: () => {} },
      limits: { sliceMs: SLICE_MS },
      observer: { onLeading: () => resolve(), onFollowing: () => {}, onFatal: reject },
    });
    started.then((value) => {
      replica = value;
    }, reject);
  });
});

afterEach(async () => {
  await replica.close();
  await folder.close();
  await group.close();
});

describe("a replica", () => {
  test("gives the event loop a turn after each slice of a state that it encodes", async () => {
    await replica.propose(Buffer.from("a"));
    await replica.snapshot();
    expect(Math.max(...machine.turns)).toBe(PIECES_A_TURN);
    expect(folder.log.snapshot.sizeBytes).toBe(PIECES);
  });

  test("takes commands in while it encodes, and applies them afterwards", async () => {
    await replica.propose(Buffer.from("a"));
    const made = replica.snapshot();
    const proposals: Promise<void>[] = [];
    for (let i = 0; i < 5; i++) {
      proposals.push(replica.propose(Buffer.from([i])));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(machine.isEncoding).toBe(true);
    await Promise.all([made, ...proposals]);
    expect(machine.appliedWhileEncoding).toBe(0);
  });

  test("gives the event loop a turn after each slice of commands that it applies", async () => {
    await replica.proposeAll(Array.from({ length: PIECES }, (_, i) => Buffer.from([i])));
    expect(Math.max(...machine.turns)).toBe(PIECES_A_TURN);
  });
});
