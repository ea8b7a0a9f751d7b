import { describe, expect, test } from "vitest";
import { jobId, memberId } from "../../base/ids.ts";
import { emptyClusterState } from "../state/cluster-state.ts";
import { encodeCommand } from "../state/command-codec.ts";
import { MemberAddresses } from "./member-addresses.ts";

const ONE = memberId(1);
const FOUR = memberId(4);

describe("MemberAddresses", () => {
  test("are those of the flags, until the log says otherwise", () => {
    const state = emptyClusterState();
    const addresses = new MemberAddresses(new Map([[ONE, { host: "a", port: 1 }]]), () => state);
    expect(addresses.textOf(ONE)).toBe("a:1");
    state.members.set(ONE, "b:2");
    expect(addresses.textOf(ONE)).toBe("b:2");
  });

  test("are as a master says itself that neither flags nor log know of", () => {
    const state = emptyClusterState();
    const addresses = new MemberAddresses(new Map([[ONE, { host: "a", port: 1 }]]), () => state);
    expect(addresses.of(FOUR)).toBeUndefined();
    addresses.heard(FOUR, "d:4");
    expect(addresses.textOf(FOUR)).toBe("d:4");
    state.members.set(FOUR, "e:5");
    expect(addresses.textOf(FOUR)).toBe("e:5");
  });

  test("are known as soon as they are written to the log", () => {
    const addresses = new MemberAddresses(new Map(), emptyClusterState);
    addresses.logged(encodeCommand({ type: "request-cancel", job: jobId("set-member-address") }));
    addresses.logged(encodeCommand({ type: "set-member-address", member: FOUR, address: "d:4" }));
    expect(addresses.textOf(FOUR)).toBe("d:4");
  });

  test("are not moved by what somebody says where flags know better", () => {
    const state = emptyClusterState();
    const addresses = new MemberAddresses(new Map([[ONE, { host: "a", port: 1 }]]), () => state);
    addresses.heard(ONE, "z:9");
    addresses.heard(FOUR, undefined);
    expect(addresses.textOf(ONE)).toBe("a:1");
    expect(addresses.textOf(FOUR)).toBe("");
  });
});
