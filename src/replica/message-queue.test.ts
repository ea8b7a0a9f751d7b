import { describe, expect, test } from "vitest";
import { logIndex, memberId, term } from "../base/ids.ts";
import type { Message } from "../raft/message.ts";
import { MessageQueue } from "./message-queue.ts";

const [from, to] = [memberId(1), memberId(2)];

function numbered(requestId: number): Message {
  return { type: "read-request", from, to, term: term(1), requestId };
}

function appendOf(index: number, bytes: number): Message {
  const entry = { index: logIndex(index), term: term(1), kind: "command" } as const;
  return {
    ...{ type: "append", from, to, term: term(1), commitIndex: logIndex(0) },
    ...{ prevIndex: logIndex(index - 1), prevTerm: term(1) },
    entries: [{ ...entry, data: new Uint8Array(bytes) }],
  };
}

/** What comes out of a queue until it has nothing more. */
async function taken(queue: MessageQueue, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of queue) if (messages.push(message) === count) break;
  return messages;
}

describe("MessageQueue", () => {
  test("gives messages out in their order, also to one that waits for them", async () => {
    const queue = new MessageQueue({ messagesMax: 10, bytesMax: 1000 });
    queue.push(numbered(1));
    const both = taken(queue, 2);
    await Promise.resolve();
    queue.push(numbered(2));
    expect(await both).toEqual([numbered(1), numbered(2)]);
  });

  test("loses the oldest when too many wait", async () => {
    const queue = new MessageQueue({ messagesMax: 2, bytesMax: 1000 });
    for (let i = 1; i <= 5; i++) queue.push(numbered(i));
    expect(await taken(queue, 2)).toEqual([numbered(4), numbered(5)]);
  });

  test("loses the oldest when too many bytes wait, but never the last", async () => {
    const queue = new MessageQueue({ messagesMax: 10, bytesMax: 1000 });
    queue.push(numbered(1));
    queue.push(appendOf(1, 600));
    queue.push(appendOf(2, 5000));
    expect(await taken(queue, 1)).toEqual([appendOf(2, 5000)]);
  });

  test("ends at once, and loses what waits", async () => {
    const queue = new MessageQueue({ messagesMax: 10, bytesMax: 1000 });
    queue.push(numbered(1));
    queue.end();
    queue.push(numbered(2));
    expect(await taken(queue, 1)).toEqual([]);
  });
});
