import { once } from "node:events";
import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { Stalled, StallWatch } from "./stall-watch.ts";

test("StallWatch: aborts what makes no headway", async () => {
  const watch = new StallWatch(20);
  await once(watch.signal, "abort");
  expect(watch.signal.reason).toBeInstanceOf(Stalled);
});

test("StallWatch: a thread that was busy looks at its sockets first", async () => {
  const server = createServer((socket) => socket.end("here"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const watch = new StallWatch(50);
  const came = new Promise<void>((resolve) => {
    socket.on("data", () => {
      watch.step();
      resolve();
    });
  });
  // Far longer than the watch allows, and the bytes come meanwhile.
  const endMs = performance.now() + 200;
  while (performance.now() < endMs);
  await came;
  expect(watch.signal.aborted).toBe(false);
  watch.close();
  server.close();
});
