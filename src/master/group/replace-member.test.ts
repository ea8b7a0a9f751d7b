import { describe, expect, test } from "vitest";
import { type MemberId, memberId } from "../../base/ids.ts";
import type { MembershipChange } from "../../raft/membership.ts";
import type { Replica } from "../../replica/replica.ts";
import { decodeCommand } from "../state/command-codec.ts";
import { replaceMember } from "./replace-member.ts";

const ADDRESSES = new Map([1, 2, 3].map((id) => [memberId(id), `10.0.0.${id}:7077`]));

/** A group of masters 1, 2 and 3 that does as it is asked, and what it was asked. */
function group(learners: readonly number[] = []) {
  const asked: (MembershipChange | ReturnType<typeof decodeCommand>)[] = [];
  const membership = { voters: [...ADDRESSES.keys()], learners: learners.map(memberId) };
  const replica = {
    status: () => ({ raft: { membership } }),
    propose: async (command: Uint8Array) => void asked.push(decodeCommand(command)),
    changeMembership: async (change: MembershipChange) => void asked.push(change),
  } as unknown as Replica;
  const addresses = { textOf: (id: MemberId) => ADDRESSES.get(id) ?? "" };
  const replace = (old: number, fresh: number, newAddress: string) =>
    replaceMember({ replica, addresses }, { old: memberId(old), new: memberId(fresh), newAddress });
  return { asked, replace };
}

describe("a replacement", () => {
  test("makes the new one learn, then vote, and then the old one go", async () => {
    const { asked, replace } = group();
    await replace(2, 4, "10.0.0.4:7077");
    expect(asked).toMatchObject([
      { type: "set-member-address", member: 4, address: "10.0.0.4:7077" },
      { kind: "add-learner", member: 4 },
      { kind: "promote", member: 4 },
      { kind: "remove", member: 2 },
      { type: "set-member-address", member: 2 },
    ]);
  });

  test("may be at the address of the one that goes, and be gone on with", async () => {
    const { asked, replace } = group([4]);
    await replace(2, 4, "10.0.0.2:7077");
    expect(asked).not.toContainEqual({ kind: "add-learner", member: 4 });
  });

  test.each([
    [9, 4, "10.0.0.4:7077", "There is no master 9 in the group"],
    [2, 2, "10.0.0.4:7077", "A new master has a number that the group has never had: not 2."],
    [2, 4, "10.0.0.1:7077", "Master 1 is at 10.0.0.1:7077 already"],
  ])("of %i by %i at %s is refused, and changes nothing", async (old, fresh, address, words) => {
    const { asked, replace } = group();
    await expect(replace(old, fresh, address)).rejects.toThrow(words);
    expect(asked).toEqual([]);
  });
});
