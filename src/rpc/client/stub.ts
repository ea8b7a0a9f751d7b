/**
 * A contract as a client sees it: promises and async iterables. Every unary call has a deadline;
 * every call can be aborted; and what goes wrong is thrown as an error of ours.
 */

import type {
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  CallOptions as GrpcCallOptions,
} from "@grpc/grpc-js";
import { SheafError } from "../../base/error.ts";
import type { AnyMethod, Contract, Method } from "../contract.ts";
import { deserializer, openedAll, type Received, serializer } from "../message-bytes.ts";
import { errorOf } from "../status.ts";
import type { Channel } from "./channel.ts";

/** What a call may be told. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** From now to the end of the call. Unary calls have one of 10 s unless told otherwise. */
  readonly deadlineMs?: number;
}

/** How one method is called. */
export type Caller<M> =
  M extends Method<infer Kind, infer Request, infer Answer>
    ? {
        unary: (request: Request, options?: CallOptions) => Promise<Answer>;
        "server-stream": (request: Request, options?: CallOptions) => AsyncGenerator<Answer>;
        "client-stream": (
          requests: AsyncIterable<Request>,
          options?: CallOptions,
        ) => Promise<Answer>;
        bidi: (requests: AsyncIterable<Request>, options?: CallOptions) => AsyncGenerator<Answer>;
      }[Kind]
    : never;

/** The methods of a contract. */
export type Stub<C extends Contract> = {
  readonly [Name in keyof C["methods"]]: Caller<C["methods"][Name]>;
};

export const UNARY_DEADLINE_MS = 10_000;

/** Makes the stub of a contract on a channel. */
export function stub<C extends Contract>(contract: C, channel: Channel): Stub<C> {
  const callers = Object.entries(contract.methods).map(([name, method]) => [
    name,
    caller(method, channel),
  ]);
  return Object.fromEntries(callers) as Stub<C>;
}

function caller(method: AnyMethod, channel: Channel): unknown {
  switch (method.kind) {
    case "unary":
      return (request: unknown, options?: CallOptions) =>
        callUnary(method, channel, request, options);
    case "client-stream":
      return (requests: AsyncIterable<unknown>, options?: CallOptions) =>
        callClientStream(method, channel, requests, options);
    case "server-stream":
      return (request: unknown, options?: CallOptions) =>
        callServerStream(method, channel, request, options);
    case "bidi":
      return (requests: AsyncIterable<unknown>, options?: CallOptions) =>
        callBidi(method, channel, requests, options);
  }
}

type Settle = (error: unknown, answer?: Received<unknown>) => void;

function callUnary(
  method: AnyMethod,
  channel: Channel,
  request: unknown,
  options: CallOptions = {},
): Promise<unknown> {
  const deadlineMs = options.deadlineMs ?? UNARY_DEADLINE_MS;
  return answerOf(channel, options.signal, (settle) =>
    channel.client.makeUnaryRequest(
      method.path,
      serializer(method.request),
      deserializer(method.answer),
      request,
      channel.metadata(),
      grpcOptions({ deadlineMs }),
      settle,
    ),
  );
}

function callClientStream(
  method: AnyMethod,
  channel: Channel,
  requests: AsyncIterable<unknown>,
  options: CallOptions = {},
): Promise<unknown> {
  return answerOf(channel, options.signal, (settle) => {
    const stream = channel.client.makeClientStreamRequest(
      method.path,
      serializer(method.request),
      deserializer(method.answer),
      channel.metadata(),
      grpcOptions(options),
      settle,
    );
    sendAll(stream, requests).catch((thrown: unknown) => {
      stream.cancel();
      // After ours, the status of the cancelled call is of no interest.
      settle(thrown);
    });
    return stream;
  });
}

/** The one answer of a call that `start` begins. */
function answerOf(
  channel: Channel,
  signal: AbortSignal | undefined,
  start: (settle: Settle) => { cancel(): void },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = () => {
      call.cancel();
      settle(signal?.reason);
    };
    const settle: Settle = (error, answer) => {
      signal?.removeEventListener("abort", abort);
      if (answer === undefined) reject(errorOf(error, channel.peer));
      else if ("error" in answer) reject(answer.error);
      else resolve(answer.message);
    };
    const call = start(settle);
    signal?.addEventListener("abort", abort, { once: true });
  });
}

async function* callServerStream(
  method: AnyMethod,
  channel: Channel,
  request: unknown,
  options: CallOptions = {},
): AsyncGenerator<unknown> {
  options.signal?.throwIfAborted();
  const stream = channel.client.makeServerStreamRequest(
    method.path,
    serializer(method.request),
    deserializer(method.answer),
    request,
    channel.metadata(),
    grpcOptions(options),
  );
  yield* answersOf(stream, channel, options.signal);
}

async function* callBidi(
  method: AnyMethod,
  channel: Channel,
  requests: AsyncIterable<unknown>,
  options: CallOptions = {},
): AsyncGenerator<unknown> {
  options.signal?.throwIfAborted();
  const stream = channel.client.makeBidiStreamRequest(
    method.path,
    serializer(method.request),
    deserializer(method.answer),
    channel.metadata(),
    grpcOptions(options),
  );
  sendAll(stream, requests).catch((thrown: unknown) => {
    stream.cancel();
    stream.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
  });
  yield* answersOf(stream, channel, options.signal);
}

type Answers = ClientReadableStream<unknown> | ClientDuplexStream<unknown, unknown>;

/** Leaving the loop early cancels the call. */
async function* answersOf(
  stream: Answers,
  channel: Channel,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const abort = () => stream.cancel();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    yield* openedAll(stream as AsyncIterable<Received<unknown>>);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw errorOf(thrown, channel.peer);
  } finally {
    signal?.removeEventListener("abort", abort);
    stream.cancel();
    // The status of a call that we cancel comes as an error after everybody has left.
    stream.on("error", () => {});
  }
}

/**
 * Sends as fast as the other side takes it. When the call has ended by itself, the source is told
 * with its next message, not before: one that waits for something is its owner's to end.
 */
async function sendAll(
  stream: ClientWritableStream<unknown> | ClientDuplexStream<unknown, unknown>,
  requests: AsyncIterable<unknown>,
): Promise<void> {
  const state = { hasEnded: false };
  let wake = (): void => {};
  stream.once("status", () => {
    state.hasEnded = true;
    wake();
  });
  stream.on("drain", () => wake());
  for await (const request of requests) {
    if (state.hasEnded) return;
    if (stream.write(request)) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  stream.end();
}

function grpcOptions({ deadlineMs }: CallOptions): GrpcCallOptions {
  if (deadlineMs === undefined) return {};
  if (!(deadlineMs > 0)) throw new SheafError("USAGE", `A deadline of ${deadlineMs} ms is none.`);
  return { deadline: Date.now() + deadlineMs };
}
