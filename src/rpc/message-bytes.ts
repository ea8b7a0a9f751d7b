/**
 * How messages become bytes for gRPC, and back. What comes in travels through @grpc/grpc-js in a box:
 * it takes an empty text or `undefined` for no message at all, and when reading one throws, it ends
 * the call with an INTERNAL error of its own words.
 */

import { SheafError } from "../base/error.ts";
import type { Form } from "./wire/form.ts";

/** A message that has come, or why it cannot be taken. */
export type Received<T> = { readonly message: T } | { readonly error: SheafError };

export function serializer<T>(form: Form<T>): (message: T) => Buffer {
  return (message) => form.encode(message);
}

export function deserializer<T>(form: Form<T>): (bytes: Buffer) => Received<T> {
  return (bytes) => {
    try {
      return { message: form.decode(bytes) };
    } catch (error) {
      if (error instanceof SheafError) return { error };
      throw error;
    }
  };
}

/** The message, or what is wrong with it as an error. */
export function opened<T>(received: Received<T>): T {
  if ("error" in received) throw received.error;
  return received.message;
}

/** The messages of a stream; ends by throwing at one that cannot be taken. */
export async function* openedAll<T>(stream: AsyncIterable<Received<T>>): AsyncGenerator<T> {
  for await (const received of stream) yield opened(received);
}
