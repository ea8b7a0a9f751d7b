import { describe, expect, it } from "vitest";
import { logIndex, memberId, term } from "../base/ids.ts";
import type { Message } from "./message.ts";
import { Outbox } from "./outbox.ts";

const envelope = { from: memberId(1), to: memberId(2), term: term(1) };
const timeoutNow: Message = { ...envelope, type: "timeout-now" };

function accepted(matchIndex: number, to = 2): Message {
  const match = { matchIndex: logIndex(matchIndex), recovering: undefined };
  return { ...envelope, to: memberId(to), type: "append-accepted", ...match };
}

function readRequest(requestId: number): Message {
  return { ...envelope, type: "read-request", requestId };
}

describe("Outbox", () => {
  it("gives messages in the order in which they were put, once", () => {
    const outbox = new Outbox<Message>(10);
    outbox.put(timeoutNow);
    outbox.put(readRequest(1));
    outbox.put(readRequest(2));
    expect(outbox.take()).toEqual([timeoutNow, readRequest(1), readRequest(2)]);
    expect(outbox.take()).toEqual([]);
    expect(outbox.isEmpty).toBe(true);
  });

  it("keeps the youngest of those that supersede each other, for each receiver", () => {
    const outbox = new Outbox<Message>(10);
    outbox.put(accepted(1));
    outbox.put(accepted(1, 3));
    outbox.put(timeoutNow);
    outbox.put(accepted(2));
    expect(outbox.take()).toEqual([accepted(1, 3), timeoutNow, accepted(2)]);
  });

  it("drops the oldest past its bound", () => {
    const outbox = new Outbox<Message>(2);
    for (const id of [1, 2, 3]) outbox.put(readRequest(id));
    expect(outbox.take()).toEqual([readRequest(2), readRequest(3)]);
  });
});
