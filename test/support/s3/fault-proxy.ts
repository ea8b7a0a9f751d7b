/**
 * A proxy that stands before a server of S3 and does what networks and overloaded servers do: it
 * drops connections, answers 500 and 503, cuts bodies, lets them stall, and loses answers of requests
 * that were carried out. A seed decides which request meets what.
 */

import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Dice } from "../../examples/support/input-folder.ts";

/** What may happen to a request. */
export const FAULTS = [
  "reset before", // the connection breaks before the request arrives
  "500",
  "503",
  "429",
  "no answer", // the connection stays, and nothing comes
  "answer lost", // the request is carried out, and nobody hears of it
  "cut", // the body breaks off, and the connection with it
  "short", // the body is shorter than was asked for, and says so
  "stall", // the body stops and the connection stays
] as const;
export type Fault = (typeof FAULTS)[number];

/** Faults that cost no second each. */
export const QUICK_FAULTS = FAULTS.filter((fault) => fault !== "stall" && fault !== "no answer");

/** Decides what happens to a request, the first being 0; undefined for nothing. */
export type FaultPlan = (request: IncomingMessage, index: number) => Fault | undefined;

const NO_FAULTS: FaultPlan = () => undefined;

/** Faults for some share of the requests, but never so many in a row that nobody could get through. */
export function seededFaults(
  seed: number,
  share: number,
  faults: readonly Fault[] = FAULTS,
): FaultPlan {
  const dice = new Dice(seed);
  let inRow = 0;
  return () => {
    if (dice.below(1000) >= share * 1000 || inRow === 3) {
      inRow = 0;
      return undefined;
    }
    inRow++;
    return dice.of(faults);
  };
}

/** See the head of this file. */
export class FaultProxy {
  plan: FaultPlan = NO_FAULTS;
  /** How often each fault has struck. */
  readonly struck = new Map<Fault, number>();
  /** Waits before each request is passed on, as distance would make it. */
  latencyMs = 0;
  /** The most requests that were under way at once. */
  atOnceMax = 0;
  #atOnce = 0;
  #requests = 0;
  readonly #target: () => string;
  readonly #server = createServer((incoming, outgoing) => this.#pass(incoming, outgoing));
  readonly #stalled = new Set<Socket>();

  constructor(target: () => string) {
    this.#target = target;
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** No faults from now on. */
  calm(): void {
    this.plan = NO_FAULTS;
    this.latencyMs = 0;
    this.atOnceMax = 0;
    this.#requests = 0;
    this.struck.clear();
  }

  async stop(): Promise<void> {
    for (const socket of this.#stalled) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fault = this.plan(incoming, this.#requests++);
    if (fault !== undefined) this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
    this.atOnceMax = Math.max(this.atOnceMax, ++this.#atOnce);
    outgoing.on("close", () => this.#atOnce--);
    incoming.on("error", () => undefined);
    outgoing.on("error", () => undefined);
    switch (fault) {
      case "reset before":
        incoming.socket.resetAndDestroy();
        return;
      case "no answer":
        this.#stalled.add(incoming.socket);
        incoming.resume();
        return;
      case "500":
      case "503":
      case "429":
        incoming.resume();
        incoming.on("end", () => refuse(outgoing, Number(fault)));
        return;
      default:
        setTimeout(() => {
          // Who asked may have left meanwhile, and the server with them.
          if (!outgoing.destroyed) this.#forward(incoming, outgoing, fault);
        }, this.latencyMs);
    }
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): void {
    const target = new URL(this.#target());
    const forwarded = request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
      },
      (answer) => void this.#answer(incoming, answer, outgoing, fault),
    );
    forwarded.on("error", () => outgoing.destroy());
    incoming.pipe(forwarded);
  }

  async #answer(
    incoming: IncomingMessage,
    answer: IncomingMessage,
    outgoing: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const status = answer.statusCode ?? 500;
    if (fault === undefined) {
      outgoing.writeHead(status, answer.headers);
      answer.pipe(outgoing);
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const half = body.subarray(0, Math.floor(body.length / 2));
    if (fault === "answer lost" || half.length === 0) {
      incoming.socket.resetAndDestroy();
    } else if (fault === "short") {
      outgoing.writeHead(status, { ...answer.headers, "content-length": half.length });
      outgoing.end(half);
    } else {
      outgoing.writeHead(status, answer.headers);
      outgoing.write(half, () => {
        if (fault === "cut") incoming.socket.destroy();
        else this.#stalled.add(incoming.socket);
      });
    }
  }
}

function refuse(outgoing: ServerResponse, status: number): void {
  const code = { 500: "InternalError", 503: "SlowDown", 429: "TooManyRequests" }[status];
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Reduce</Message></Error>`;
  outgoing.writeHead(status, { "content-type": "application/xml", "content-length": body.length });
  outgoing.end(body);
}
