/**
 * One transfer of a file over loopback, from one process to another: as a region, by the server and
 * the fetch that workers use, or as the bytes of a plain socket of Node, which is the most that a
 * program in Node can have.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

/** What is sent through what. */
export interface Transfer {
  readonly kind: "region" | "socket";
  readonly tls: boolean;
  readonly file: string;
  readonly sizeBytes: number;
  /** As `sheaf certs` makes it. */
  readonly certificates: string;
}

/** What a process of a transfer says when it is ready: the port it listens on, or the time it took. */
export type Said = { readonly port: number } | { readonly seconds: number };

/** How one process is told its part, as words on its command line. */
export type Part =
  | { readonly role: "sender" }
  | { readonly role: "receiver"; readonly port: number };

/** Transfers the file once; gives the bytes a second, counted from the request to the last byte. */
export async function transfer(root: string, what: Transfer): Promise<number> {
  const sender = start(root, { role: "sender" }, what);
  try {
    const { port } = (await answerOf(sender)) as { port: number };
    const receiver = start(root, { role: "receiver", port }, what);
    const { seconds } = (await answerOf(receiver)) as { seconds: number };
    return what.sizeBytes / seconds;
  } finally {
    const ended = once(sender, "exit");
    sender.disconnect();
    await ended;
  }
}

function start(root: string, part: Part, what: Transfer): ChildProcess {
  const node = path.join("bench", "shuffle", "transfer-node.ts");
  const words = [node, JSON.stringify(part), JSON.stringify(what)];
  return fork(path.join(root, "scripts", "ts.mjs"), words, { cwd: root });
}

async function answerOf(child: ChildProcess): Promise<Said> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`A process of the transfer ended with code ${code}.`);
  });
  const [said] = (await Promise.race([once(child, "message"), ended])) as [Said];
  ended.catch(() => {});
  return said;
}
