/**
 * Handlers of a contract as gRPC wants them: promises and async iterables on our side, callbacks and
 * streams on its. A handler that throws ends its call, with the error's status, and nothing else.
 */

import type {
  MethodDefinition,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { assert } from "../../base/assert.ts";
import { SheafError } from "../../base/error.ts";
import type { AnyMethod, Contract, Method } from "../contract.ts";
import { deserializer, opened, openedAll, type Received, serializer } from "../message-bytes.ts";
import { statusOf } from "../status.ts";
import type { Peer } from "./door.ts";
import { peerOfCall } from "./gate.ts";

/** What a handler knows of its call besides the request. */
export interface Call {
  readonly peer: Peer;
  /** Aborted when the caller is gone, has cancelled, or its deadline has passed. */
  readonly signal: AbortSignal;
}

/** The handler of one method. */
export type Handler<M> =
  M extends Method<infer Kind, infer Request, infer Answer>
    ? {
        unary: (request: Request, call: Call) => Promise<Answer>;
        "server-stream": (request: Request, call: Call) => AsyncIterable<Answer>;
        "client-stream": (requests: AsyncIterable<Request>, call: Call) => Promise<Answer>;
        bidi: (requests: AsyncIterable<Request>, call: Call) => AsyncIterable<Answer>;
      }[Kind]
    : never;

/** The handlers of all methods of a contract. */
export type Handlers<C extends Contract> = {
  readonly [Name in keyof C["methods"]]: Handler<C["methods"][Name]>;
};

type Requests = AsyncIterable<Received<unknown>>;
type UnaryCall = ServerUnaryCall<Received<unknown>, unknown>;
type ReadableCall = ServerReadableStream<Received<unknown>, unknown>;
type WritableCall = ServerWritableStream<Received<unknown>, unknown>;
type DuplexCall = ServerDuplexStream<Received<unknown>, unknown>;
type AnyCall = UnaryCall | ReadableCall | WritableCall | DuplexCall;

/** A contract and its handlers, whatever their types. */
export interface Service {
  readonly contract: Contract;
  readonly handlers: Readonly<Record<string, (request: never, call: Call) => unknown>>;
}

/** Puts a contract and its handlers together; the compiler sees that they match. */
export function service<C extends Contract>(contract: C, handlers: Handlers<C>): Service {
  return { contract, handlers: handlers as Service["handlers"] };
}

/** Called with what a handler threw that is no expected failure. */
export type OnBug = (method: string, thrown: unknown) => void;

export function grpcDefinition({ methods }: Contract): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [name, grpcMethod(method)]),
  );
}

function grpcMethod(method: AnyMethod): MethodDefinition<unknown, unknown> {
  const { kind, path, request, answer } = method;
  return {
    path,
    requestStream: kind === "client-stream" || kind === "bidi",
    responseStream: kind === "server-stream" || kind === "bidi",
    requestSerialize: serializer(request),
    requestDeserialize: deserializer(request),
    responseSerialize: serializer(answer),
    responseDeserialize: deserializer(answer),
  };
}

export function grpcHandlers(
  { contract, handlers }: Service,
  onBug: OnBug,
): UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(contract.methods).map(([name, method]) => {
      const handler = handlers[name] as (request: unknown, call: Call) => unknown;
      return [name, grpcHandler(method, handler, onBug)];
    }),
  );
}

function grpcHandler(
  method: AnyMethod,
  handler: (request: unknown, call: Call) => unknown,
  onBug: OnBug,
): UntypedHandleCall {
  const statusOfThrown = (thrown: unknown) => {
    if (!(thrown instanceof SheafError)) onBug(method.path, thrown);
    return statusOf(thrown);
  };
  const answerOnce = (
    call: AnyCall,
    request: () => unknown,
    callback: sendUnaryData<unknown>,
  ): void => {
    Promise.resolve()
      .then(() => handler(request(), callOf(call)))
      .then(
        (answer) => callback(null, answer),
        (thrown: unknown) => callback(statusOfThrown(thrown)),
      );
  };
  const answerMany = (call: WritableCall | DuplexCall, request: () => unknown): void => {
    const writes = new PendingWrites(call, method);
    const answers = () => handler(request(), callOf(call)) as AsyncIterable<unknown>;
    writes.sendAll(answers).then(
      () => call.end(),
      // As gRPC wants it: what waits to be sent is sent, then the status.
      (thrown: unknown) => call.emit("error", statusOfThrown(thrown)),
    );
  };
  switch (method.kind) {
    case "unary":
      return (call: UnaryCall, callback: sendUnaryData<unknown>) =>
        answerOnce(call, () => opened(call.request), callback);
    case "client-stream":
      return (call: ReadableCall, callback: sendUnaryData<unknown>) =>
        answerOnce(call, () => requestsOf(call), callback);
    case "server-stream":
      return (call: WritableCall) => answerMany(call, () => opened(call.request));
    case "bidi":
      return (call: DuplexCall) => answerMany(call, () => requestsOf(call));
  }
}

function callOf(call: AnyCall): Call {
  const controller = new AbortController();
  const cancelled = new SheafError("CANCELLED", "The caller is gone.");
  (call as UnaryCall).once("cancelled", () => controller.abort(cancelled));
  if (call.cancelled) controller.abort(cancelled);
  const peer = peerOfCall(call.metadata);
  assert(peer !== undefined, "the gate knows who calls");
  return { peer, signal: controller.signal };
}

/** The requests of a stream. Leaving the loop early does not end the call. */
async function* requestsOf(call: ReadableCall | DuplexCall): AsyncGenerator<unknown> {
  const gone = (cause?: unknown) => new SheafError("CANCELLED", "The caller is gone.", { cause });
  try {
    yield* openedAll(call.iterator({ destroyOnReturn: false }) as Requests);
  } catch (thrown) {
    throw call.cancelled ? gone(thrown) : thrown;
  }
  // A stream that is cut off looks like one that has ended, until the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
  if (call.cancelled) throw gone();
}

/**
 * Sends answers as fast as the caller takes them. No more than so many wait for it, and not for ever:
 * gRPC has no way to drop them, so a caller that takes none for too long loses its connection.
 */
class PendingWrites {
  readonly #call: WritableCall | DuplexCall;
  readonly #limits: Pick<AnyMethod, "answersPendingMax" | "answerTimeoutMs">;
  #pending = 0;
  /** Of the one who waits for room. */
  #wake: (() => void) | undefined;

  constructor(
    call: WritableCall | DuplexCall,
    limits: Pick<AnyMethod, "answersPendingMax" | "answerTimeoutMs">,
  ) {
    this.#call = call;
    this.#limits = limits;
    call.once("cancelled", () => this.#wakeUp());
  }

  async sendAll(answers: () => AsyncIterable<unknown>): Promise<void> {
    for await (const answer of answers()) await this.#send(answer);
    while (this.#pending > 0 && !this.#call.cancelled) await this.#room();
  }

  /** Resolves when there is room for the next. */
  async #send(answer: unknown): Promise<void> {
    this.#throwIfGone();
    this.#pending++;
    this.#call.write(answer, () => {
      this.#pending--;
      this.#wakeUp();
    });
    if (this.#pending < this.#limits.answersPendingMax) return;
    await this.#room();
    this.#throwIfGone();
  }

  async #room(): Promise<void> {
    const { answerTimeoutMs } = this.#limits;
    const timer = setTimeout(() => {
      const peer = peerOfCall(this.#call.metadata);
      peer?.hangUp(`took no answer of ${this.#call.getPath()} within ${answerTimeoutMs} ms`);
    }, answerTimeoutMs);
    timer.unref();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    clearTimeout(timer);
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #throwIfGone(): void {
    if (this.#call.cancelled) throw new SheafError("CANCELLED", "The caller is gone.");
  }
}
