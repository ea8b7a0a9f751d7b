/**
 * The frames of a stack that lie in a job's code, mapped to its sources. A stack is a string that
 * user code may have changed or forged: whatever does not parse is left out.
 */

import { fileURLToPath } from "node:url";
import { type JobBundle, scriptMark } from "./job-bundle.ts";
import { type SourceLocation, sourcesOf } from "./source-map.ts";

/** A call in the job's code or in one of its dependencies. */
export interface UserFrame {
  /** The function as V8 names it: `map`, `new Parser`, `async load`; empty at the top level. */
  readonly name: string;
  readonly location: SourceLocation;
  /** Whether the file is the user's own, and not a dependency. */
  readonly own: boolean;
}

/** What is read of a stack; a recursion through long paths fills it, and its end is no loss. */
const STACK_CHARS_MAX = 256 * 1024;
const STACK_LINES_MAX = 500;
const FRAME_CHARS_MAX = 4096;
const NAME_CHARS_MAX = 120;
const POSITION = /^:(\d{1,9}):(\d{1,9})/;
const FILE_AND_POSITION = /^((?:file:\/\/)?\/.*):(\d{1,9}):(\d{1,9})$/;

/** The user's frames of `stack`, innermost first. `message` is the error's, to be skipped. */
export function userFrames(stack: string, message: string, bundle: JobBundle): UserFrame[] {
  const frames: UserFrame[] = [];
  const lines = withoutMessage(stack, message)
    .slice(0, STACK_CHARS_MAX)
    .split("\n", STACK_LINES_MAX);
  for (const line of lines) {
    const call = /^\s*at (.+)$/.exec(line.slice(0, FRAME_CHARS_MAX))?.[1];
    if (call === undefined) continue;
    const location = inBundle(call, bundle) ?? inSource(call, bundle);
    if (location === undefined) continue;
    frames.push({ name: nameOf(call), location, own: sourcesOf(bundle).isOwn(location.file) });
  }
  return frames;
}

/** A stack starts with the message, which may hold lines that look like frames. */
function withoutMessage(stack: string, message: string): string {
  const start = message === "" ? -1 : stack.indexOf(message);
  const isHeader = start !== -1 && !stack.slice(0, start).includes("\n");
  return isHeader ? stack.slice(start + message.length) : stack;
}

/** A call in the bundle: its position is mapped. */
function inBundle(call: string, bundle: JobBundle): SourceLocation | undefined {
  const mark = scriptMark(bundle);
  const start = call.indexOf(`${mark}:`);
  if (start === -1) return undefined;
  const position = POSITION.exec(call.slice(start + mark.length));
  if (position === null) return undefined;
  return sourcesOf(bundle).locate(Number(position[1]), Number(position[2]));
}

/** A call that something else, such as `--enable-source-maps`, has mapped already. */
function inSource(call: string, bundle: JobBundle): SourceLocation | undefined {
  const place = /\(([^()]*)\)$/.exec(call)?.[1] ?? call;
  const match = FILE_AND_POSITION.exec(place);
  if (match === null) return undefined;
  const file = toPath(match[1]!);
  if (file === undefined || sourcesOf(bundle).textOf(file) === undefined) return undefined;
  return { file, line: Number(match[2]), column: Number(match[3]) };
}

function toPath(address: string): string | undefined {
  if (!address.startsWith("file:")) return address;
  try {
    return fileURLToPath(address);
  } catch {
    return undefined;
  }
}

/** `map` out of `map (file:///...)`; an address alone has no name. */
function nameOf(call: string): string {
  const end = call.search(/ \((?:file:|eval at |\/)/);
  if (end === -1) return call.startsWith("async ") ? "async" : "";
  return call.slice(0, Math.min(end, NAME_CHARS_MAX));
}
