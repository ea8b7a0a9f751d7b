import { describe, expect, test } from "vitest";
import { memberId } from "../base/ids.ts";
import { type MasterFlags, readMasterFlags } from "./master-flags.ts";

const PEERS = "1=127.0.0.1:7001,2=127.0.0.1:7002,3=127.0.0.1:7003";
const read = (flags: MasterFlags) => readMasterFlags({ data: "data", ...flags }, "/work");

describe("the flags of a master", () => {
  test("make a group of one, with number 1, unless they say otherwise", () => {
    expect(read({})).toMatchObject({ member: 1, joins: false, folder: "/work/data" });
    expect(read({}).peers.size).toBe(0);
  });

  test("of a group say where it listens, which --listen may change", () => {
    const { member, peers, address } = read({ id: "2", peers: PEERS });
    expect(member).toBe(2);
    expect([...peers.keys()]).toEqual([1, 2, 3].map(memberId));
    expect(address).toEqual({ host: "127.0.0.1", port: 7002 });
    const listen = "127.0.0.1:8000";
    expect(read({ id: "2", peers: PEERS, listen }).address.port).toBe(8000);
  });

  test.each<[MasterFlags, string]>([
    [{ peers: PEERS }, "--peers needs --id: which of them is this master? For example --id 1."],
    [{ peers: PEERS, id: "4" }, "--peers does not name master 4 itself. Add 4=HOST:PORT to it."],
    [
      { peers: "m1:7077", id: "1" },
      '--peers takes ID=HOST:PORT,..., such as 1=10.0.0.1:7077, not "m1:7077".',
    ],
    [{ peers: "1=a:1,1=b:1", id: "1" }, "--peers names master 1 twice."],
    [{ peers: "1=a:1,2=a:1", id: "1" }, "--peers names a:1 twice."],
    [{ join: true }, "--join needs --peers: which group is to be joined?"],
    [{ id: "0" }, '--id takes a whole number from 1 to 1,000,000, not "0".'],
  ])("%j are refused", (flags, message) => {
    expect(() => read(flags)).toThrow(expect.objectContaining({ code: "USAGE", message }));
  });

  test("refuse more masters than a group may have", () => {
    const peers = Array.from({ length: 16 }, (_, i) => `${i + 1}=127.0.0.1:${7000 + i}`).join();
    expect(() => read({ id: "1", peers })).toThrow("a group has 15 at most");
  });
});
