/**
 * Types of the platform in the public API, as far as the user's program knows them: a program that
 * has the types of Node sees a `Buffer`, one that has not sees what a `Buffer` is built on. So the
 * published types stand alone, and a job compiles with no `@types/node` installed.
 */

/** A `Buffer`; a `Uint8Array` to a program without the types of Node. */
export type NodeBuffer = typeof globalThis extends {
  Buffer: { isBuffer(value: unknown): value is infer T };
}
  ? T
  : Uint8Array;

/** An `AbortSignal`; as much of it as Sheaf uses, to a program without the types of the platform. */
export type CancelSignal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : { readonly aborted: boolean };

/** A `URL`; likewise. */
export type FileUrl = typeof globalThis extends { URL: { prototype: infer T } }
  ? T
  : { readonly href: string };
