/**
 * A contract: the methods of one service with the forms of their messages and who may call them. The
 * server is built from it, and the client's stub, so that both mean the same.
 */

import type { Role } from "./security/role.ts";
import type { Form } from "./wire/form.ts";

/** What the generated code says of a service. */
export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodDefinition>>;
}

interface MethodDefinition {
  readonly name: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** Which sides of a call are streams. */
export type Kind = "unary" | "server-stream" | "client-stream" | "bidi";

type KindOf<M extends MethodDefinition> = M["requestStream"] extends true
  ? M["responseStream"] extends true
    ? "bidi"
    : "client-stream"
  : M["responseStream"] extends true
    ? "server-stream"
    : "unary";

/** The forms of a method's messages, and what bounds its calls. */
export interface MethodOptions<Request, Answer> {
  readonly request: Form<Request>;
  readonly answer: Form<Answer>;
  /** Who may call it, if not those who may call the service's others. */
  readonly callers?: Callers;
  /** Time for a request, or the next message of a stream of requests, to come. */
  readonly requestTimeoutMs?: number;
  /** Answers that wait to be sent before their source is asked for more. */
  readonly answersPendingMax?: number;
  /** Time for the caller to take the next of them; past it, its connection is ended. */
  readonly answerTimeoutMs?: number;
}

/** A method of a contract. */
export interface Method<K extends Kind = Kind, Request = unknown, Answer = unknown> {
  readonly kind: K;
  /** As HTTP spells it: "/sheaf.v1.JobService/SubmitJob". */
  readonly path: string;
  readonly callers: Callers;
  readonly request: Form<Request>;
  readonly answer: Form<Answer>;
  readonly requestTimeoutMs: number;
  readonly answersPendingMax: number;
  readonly answerTimeoutMs: number;
}

/** Who may call: some roles, whoever has any of them, or whoever comes. */
export type Callers = readonly Role[] | "anyone";

// The forms of a contract have many types; what matters is that each method keeps its own.
// biome-ignore lint/suspicious/noExplicitAny: a bound on a generic parameter
type AnyOptions = MethodOptions<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: likewise
export type AnyMethod = Method<Kind, any, any>;

/** See the head of this file. */
export interface Contract {
  readonly service: string;
  readonly methods: Readonly<Record<string, AnyMethod>>;
}

type Methods<
  Definition extends ServiceDefinition,
  Options extends Record<keyof Definition["methods"], AnyOptions>,
> = {
  readonly [Name in keyof Definition["methods"]]: Options[Name] extends MethodOptions<
    infer Request,
    infer Answer
  >
    ? Method<KindOf<Definition["methods"][Name]>, Request, Answer>
    : never;
};

const REQUEST_TIMEOUT_MS = 10_000;
const ANSWERS_PENDING_MAX = 16;
const ANSWER_TIMEOUT_MS = 60_000;

/** Makes a contract of a generated definition; every method of it must be given its forms. */
export function contract<
  const Definition extends ServiceDefinition,
  Options extends Record<keyof Definition["methods"], AnyOptions>,
>(
  definition: Definition,
  callers: Callers,
  options: Options,
): { readonly service: string; readonly methods: Methods<Definition, Options> } {
  const methods: Record<string, AnyMethod> = {};
  for (const [key, method] of Object.entries(definition.methods)) {
    methods[key] = {
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      answersPendingMax: ANSWERS_PENDING_MAX,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
      callers,
      ...options[key as keyof Options],
      kind: kindOf(method),
      path: `/${definition.fullName}/${method.name}`,
    };
  }
  return { service: definition.fullName, methods: methods as Methods<Definition, Options> };
}

function kindOf({ requestStream, responseStream }: MethodDefinition): Kind {
  if (requestStream) return responseStream ? "bidi" : "client-stream";
  return responseStream ? "server-stream" : "unary";
}
