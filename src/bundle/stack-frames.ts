/**
 * The frames of a stack that lie in a job's code, mapped to its sources. A stack is a string that
 * user code may have changed or forged: whatever does not parse is left out.
 */

import { fileURLToPath } from "node:url";
import { type JobBundle, MODULE_ADDRESS, scriptMark, scriptUrl } from "./job-bundle.ts";
import { type SourceLocation, sourcesOf } from "./source-map.ts";

/** A call in the job's code or in one of its dependencies. */
export interface UserFrame {
  /** The function as V8 names it: `map`, `new Parser`, `async load`; empty at the top level. */
  readonly name: string;
  readonly location: SourceLocation;
  /** Whether the file is the user's own, and not a dependency. */
  readonly own: boolean;
}

/** What is read of a stack, where each frame may hold all the code of a bundle. */
const STACK_CHARS_MAX = 64 * 1024 * 1024;
const STACK_LINES_MAX = 500;
const FRAME_CHARS_MAX = 4096;
const NAME_CHARS_MAX = 120;
const POSITION = /^:(\d{1,9}):(\d{1,9})/;
const FILE_AND_POSITION = /^((?:file:\/\/)?\/.*):(\d{1,9}):(\d{1,9})$/;

/** The user's frames of `stack`, innermost first. `message` is the error's, to be skipped. */
export function userFrames(stack: string, message: string, bundle: JobBundle): UserFrame[] {
  const frames: UserFrame[] = [];
  for (const call of callsOf(stack, message, bundle)) {
    const location = inBundle(call, bundle) ?? inSource(call, bundle);
    if (location === undefined) continue;
    frames.push({ name: nameOf(call), location, own: sourcesOf(bundle).isOwn(location.file) });
  }
  return frames;
}

/** Whether the innermost call in a file is one in the job's; true where no call is in a file. */
export function mayBeginIn(bundle: JobBundle, stack: string, message: string): boolean {
  for (const call of callsOf(stack, message, bundle)) {
    if (inBundle(call, bundle) ?? inSource(call, bundle)) return true;
    if (FILE_AND_POSITION.test(placeOf(call))) return false;
  }
  return true;
}

/** The lines of a stack without their `at`. */
function callsOf(stack: string, message: string, bundle: JobBundle): string[] {
  const text = withScriptUrl(withoutMessage(stack.slice(0, STACK_CHARS_MAX), message), bundle);
  const lines = text.split("\n", STACK_LINES_MAX);
  return lines.flatMap((line) => /^\s*at (.+)$/.exec(line.slice(0, FRAME_CHARS_MAX))?.[1] ?? []);
}

/** A stack starts with the message, which may hold lines that look like frames. */
function withoutMessage(stack: string, message: string): string {
  const start = message === "" ? -1 : stack.indexOf(message);
  const isHeader = start !== -1 && !stack.slice(0, start).includes("\n");
  return isHeader ? stack.slice(start + message.length) : stack;
}

const BASE64_FROM_MODULE_ADDRESS = new RegExp(`${MODULE_ADDRESS}([A-Za-z0-9+/=]*)`, "g");
/** Holds the last line of a bundle's code: the address of its script. */
const ADDRESS_END_CHARS = 8192;

/**
 * V8 names the bundle's script by its `sourceURL`; programs that print stacks themselves, such as
 * test runners, may name it by the address it was loaded from.
 */
function withScriptUrl(stack: string, bundle: JobBundle): string {
  if (!stack.includes(MODULE_ADDRESS)) return stack;
  return stack.replace(BASE64_FROM_MODULE_ADDRESS, (address, code: string) => {
    const end = Buffer.from(code.slice(-ADDRESS_END_CHARS), "base64").toString("latin1");
    return end.includes(scriptMark(bundle)) ? scriptUrl(bundle) : address;
  });
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
  const match = FILE_AND_POSITION.exec(placeOf(call));
  if (match === null) return undefined;
  const file = toPath(match[1]!);
  if (file === undefined || sourcesOf(bundle).textOf(file) === undefined) return undefined;
  return { file, line: Number(match[2]), column: Number(match[3]) };
}

/** `file:///job.ts:1:2` out of `map (file:///job.ts:1:2)`. */
function placeOf(call: string): string {
  return /\(([^()]*)\)$/.exec(call)?.[1] ?? call;
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
  const name = call.slice(0, Math.min(end, NAME_CHARS_MAX));
  // A path is the name that esbuild gives to the body of a CommonJS module.
  if (name.includes("/")) return "";
  // V8 calls a job's map `map` or `Object.map` as the engine happens to call it.
  return name.replace(/^(async )?(?:Object|Module)\./, "$1");
}
