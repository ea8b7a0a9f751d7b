/**
 * Remembers the bytes that a string was just made of, so that whoever is handed the string need not
 * make bytes of it again: `words` finds those of the line that was read, and `emit` those of a word
 * of that line.
 *
 * What always holds: `bytes[start, end)` of either origin is the UTF-8 of its `value`. So a string that
 * equals it may be taken for it, wherever it comes from, and any other is encoded as ever.
 */

import type { NodeBuffer } from "./platform-types.ts";

/** A string and the bytes that it came from. */
export interface TextOrigin {
  readonly value: string;
  readonly bytes: NodeBuffer;
  readonly start: number;
  readonly end: number;
}

/** The empty string, which is anywhere. */
const NOWHERE: TextOrigin = { value: "", bytes: Buffer.alloc(0), start: 0, end: 0 };

/** The line that was read last, if it is ASCII. */
export let lastLine: TextOrigin = NOWHERE;
/** The word of such a line that was given out last. */
export let lastWord: TextOrigin = NOWHERE;

/** `reader` keeps the origin true from line to line, until origins are forgotten. */
export function noteLine(reader: TextOrigin): void {
  lastLine = reader;
}

/** `words` keeps the origin true from word to word; when forgotten, it need not. */
export function noteWord(words: TextOrigin): void {
  lastWord = words;
}

/** To be called before the bytes change, or when what is read next has no origin. */
export function forgetOrigins(): void {
  lastLine = NOWHERE;
  lastWord = NOWHERE;
}
