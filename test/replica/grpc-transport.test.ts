/**
 * Messages between members over real servers on loopback: links that break, members that move, and
 * messages that are not for those who get them.
 */

import { afterEach, describe, expect, test } from "vitest";
import { memberId, term } from "../../src/base/ids.ts";
import type { Message } from "../../src/raft/message.ts";
import { GrpcTransport, raftServiceOf } from "../../src/replica/grpc-transport.ts";
import { stub } from "../../src/rpc/client/stub.ts";
import type { Address } from "../../src/rpc/security/address.ts";
import { raftService } from "../../src/rpc/services/raft-service.ts";
import type { SaidMessage } from "../../src/rpc/wire/raft.ts";
import { Bell } from "../support/bell.ts";
import { HandClock } from "../support/hand-clock.ts";
import { RpcNodes } from "../support/rpc-nodes.ts";
import { Group } from "./support/group.ts";

const [from, to] = [memberId(1), memberId(2)];

function numbered(requestId: number): Message {
  return { type: "read-request", from, to, term: term(1), requestId };
}

const nodes = new RpcNodes();
let transport: GrpcTransport | undefined;
afterEach(async () => {
  await transport?.close();
  transport = undefined;
  await nodes.close();
});

/** What a member hears, in the order in which it comes. */
class Ear {
  readonly heard: Message[] = [];
  /** Where those who spoke said that they are called. */
  readonly addresses: (string | undefined)[] = [];
  readonly bell = new Bell();

  service() {
    return raftServiceOf((message, address) => {
      this.heard.push(message);
      this.addresses.push(address);
      this.bell.ring();
    });
  }

  until(count: number): Promise<void> {
    return this.bell.until(() => this.heard.length >= count);
  }
}

describe("GrpcTransport", () => {
  test("carries messages in their order, over one stream", async () => {
    const ear = new Ear();
    const server = await nodes.listen([ear.service()]);
    transport = new GrpcTransport({ addressOf: () => server.address, tls: undefined });
    const messages = Array.from({ length: 100 }, (_, i) => numbered(i));
    for (const message of messages) transport.send(message);
    await ear.until(100);
    expect(ear.heard).toEqual(messages);
    expect(server.connections).toBe(1);
  });

  test("tells once on a stream where this member is called", async () => {
    const ear = new Ear();
    const server = await nodes.listen([ear.service()]);
    const ownAddress = () => "10.0.0.4:7077";
    transport = new GrpcTransport({ addressOf: () => server.address, ownAddress, tls: undefined });
    for (const message of [numbered(1), numbered(2)]) transport.send(message);
    await ear.until(2);
    expect(ear.addresses).toEqual(["10.0.0.4:7077", undefined]);
  });

  test("loses what is said while a member is out of reach, tells of it once, and finds it again", async () => {
    const clock = new HandClock();
    const troubles: string[] = [];
    const bell = new Bell();
    let address: Address | undefined;
    transport = new GrpcTransport({
      addressOf: () => address,
      tls: undefined,
      clock,
      onTrouble: (trouble) => {
        troubles.push(trouble);
        bell.ring();
      },
    });
    transport.send(numbered(1));
    await bell.until(() => troubles.length === 1);
    expect(troubles).toEqual(["The link to master 2 is broken: its address is not known."]);
    transport.send(numbered(2));
    const ear = new Ear();
    address = (await nodes.listen([ear.service()])).address;
    await clock.isAsked(50);
    await clock.pass(50);
    transport.send(numbered(3));
    await ear.until(1);
    expect(ear.heard).toEqual([numbered(3)]);
    expect(troubles).toHaveLength(1);
  });

  test("follows a member that has moved", async () => {
    const [first, second] = [new Ear(), new Ear()];
    let server = await nodes.listen([first.service()]);
    const clock = new HandClock();
    transport = new GrpcTransport({ addressOf: () => server.address, tls: undefined, clock });
    transport.send(numbered(1));
    await first.until(1);
    const old = server;
    server = await nodes.listen([second.service()]);
    await old.close(0);
    await clock.isAsked(50);
    await clock.pass(50);
    transport.send(numbered(2));
    await second.until(1);
    expect(second.heard).toEqual([numbered(2)]);
  });
});

describe("the service of a member", () => {
  test("refuses what no honest member says, and ends the stream", async () => {
    const ear = new Ear();
    const server = await nodes.listen([ear.service()]);
    const { step } = stub(raftService, nodes.channel(server));
    const stream = async function* (): AsyncGenerator<SaidMessage> {
      yield { message: numbered(1), address: undefined };
      yield { message: { ...numbered(2), from: memberId(0) }, address: undefined };
    };
    await expect(step(stream())).rejects.toMatchObject({ code: "MESSAGE_INVALID" });
    expect(ear.heard).toEqual([numbered(1)]);
  });
});

describe("Replica.receive", () => {
  test("drops what is for another member", async () => {
    const group = await Group.make();
    await group.startAll(3);
    const leader = await group.leader();
    const { term: itsTerm } = leader.replica.status().raft;
    const heartbeat = { type: "newer-term", from: memberId(3), term: term(itsTerm + 9) } as const;
    leader.replica.receive({ ...heartbeat, to: memberId(77) });
    leader.replica.receive({ ...heartbeat, from: leader.id, to: leader.id });
    await leader.replica.read(10_000);
    expect(leader.replica.status().raft.term).toBe(itsTerm);
    await group.close();
  });
});
