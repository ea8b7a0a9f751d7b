/**
 * What a person is told when a job's own code throws: the error in its own words with its causes,
 * the calls that lie in the job's code, and the line in question, all in the user's own files.
 */

import { types } from "node:util";
import { USER_MESSAGE_CHARS_MAX, USER_STACK_FRAMES_MAX } from "../base/limits.ts";
import { show } from "../base/show.ts";
import { codeFrame } from "./code-frame.ts";
import { type JobBundle, MODULE_ADDRESS } from "./job-bundle.ts";
import { displayPath } from "./job-name.ts";
import { type SourceLocation, sourcesOf } from "./source-map.ts";
import { mayBeginIn, type UserFrame, userFrames } from "./stack-frames.ts";

/** An error of user code in plain data; without colours. */
export interface UserErrorDescription {
  /** `TypeError: x is not a function`, its causes below it, a line each; bounded. */
  readonly message: string;
  /** The user's frames, `    at name (file:line:column)`, a line each; may be empty. */
  readonly stack: string;
  /** The line in question with its neighbours and a caret, where it is known. */
  readonly codeFrame: string | undefined;
  /** The innermost call in a file of the user's own. */
  readonly location: SourceLocation | undefined;
}

const CAUSES_SHOWN_MAX = 5;
const ERRORS_SHOWN_MAX = 3;
const MODULE_ADDRESSES = new RegExp(`${MODULE_ADDRESS}[A-Za-z0-9+/=]*`, "g");
/** What is read of a message, which may hold the address of the bundle: all its code. */
const MESSAGE_CHARS_READ_MAX = 4 * 1024 * 1024;

/** Describes anything that a job's code threw. Never throws, whatever the value is. */
export function describeUserError(thrown: unknown, bundle: JobBundle): UserErrorDescription {
  try {
    return describe(thrown, bundle);
  } catch {
    // A proxy that throws, a getter that throws, ...: there is nothing to show of such a value.
    const message = "A value was thrown that cannot be shown.";
    return { message, stack: "", codeFrame: undefined, location: undefined };
  }
}

/** Whether the job's code may have thrown it: it did not if the innermost call is in another file. */
export function mayComeFrom(thrown: unknown, bundle: JobBundle): boolean {
  return mayBeginIn(bundle, textAt(thrown, "stack"), textAt(thrown, "message"));
}

/** A description as a block of text: the message, the stack, and the code frame. */
export function formatUserError(description: UserErrorDescription): string {
  const { message, stack, codeFrame: frame } = description;
  const head = stack === "" ? message : `${message}\n${stack}`;
  return frame === undefined ? head : `${head}\n\n${frame}`;
}

function describe(thrown: unknown, bundle: JobBundle): UserErrorDescription {
  const chain = causeChain(thrown);
  const framesOf = (value: unknown) =>
    userFrames(textAt(value, "stack"), textAt(value, "message"), bundle);
  const frames = framesOf(thrown);
  let location = frames.find(({ own }) => own)?.location;
  for (const cause of chain.slice(1)) {
    location ??= framesOf(cause).find(({ own }) => own)?.location;
  }
  const source = location && sourcesOf(bundle).textOf(location.file);
  return {
    message: readable(chain.map((value) => inWords(value, bundle)).join("\n  caused by "), bundle),
    stack: frames
      .slice(0, USER_STACK_FRAMES_MAX)
      .map((frame) => frameText(frame, bundle))
      .join("\n"),
    codeFrame: location && source ? codeFrame(source, location.line, location.column) : undefined,
    location,
  };
}

/** What was thrown and its causes, outermost first; a circle of causes ends. */
function causeChain(thrown: unknown): unknown[] {
  const chain = [thrown];
  while (chain.length < CAUSES_SHOWN_MAX) {
    const last = chain.at(-1);
    // An error of ours says all that there is to say of its cause.
    const tells = isErrorLike(last) && textAt(last, "name") !== "SheafError";
    const cause = tells ? fieldOf(last, "cause") : undefined;
    if (cause === undefined || chain.includes(cause)) break;
    chain.push(cause);
  }
  return chain;
}

/** One value in words, without its causes; of an AggregateError, its first errors below it. */
function inWords(value: unknown, bundle: JobBundle, isPart = false): string {
  if (!isErrorLike(value)) return `Thrown: ${show(value)} (not an Error, so it has no stack)`;
  const message = textAt(value, "message");
  const name = className(textAt(value, "name") || "Error", bundle);
  // The words of our own errors are whole sentences.
  if (name === "SheafError") return message;
  const head = message === "" ? name : `${name}: ${message}`;
  const errors = isPart ? undefined : fieldOf(value, "errors");
  const parts = Array.isArray(errors) ? errors.slice(0, ERRORS_SHOWN_MAX) : [];
  return [head, ...parts.map((part) => `  - ${inWords(part, bundle, true)}`)].join("\n");
}

/** esbuild may call a class `_X` within itself; its author called it `X`. */
function className(name: string, bundle: JobBundle): string {
  const own = name.slice(1);
  const renamed = name.startsWith("_") && bundle.code.includes(`${own} = class ${name} `);
  return renamed ? own : name;
}

function frameText(frame: UserFrame, bundle: JobBundle): string {
  const { file, line, column } = frame.location;
  const place = `${displayPath(file, bundle.cwd)}:${line}:${column}`;
  return frame.name === "" ? `    at ${place}` : `    at ${frame.name} (${place})`;
}

/** Cuts a message, takes the bundle's code out of it, and shows what a terminal would obey. */
function readable(message: string, bundle: JobBundle): string {
  const entry = displayPath(bundle.entry, bundle.cwd);
  const whole = message.slice(0, MESSAGE_CHARS_READ_MAX).replace(MODULE_ADDRESSES, entry);
  const text = whole
    .slice(0, USER_MESSAGE_CHARS_MAX)
    .replace(
      /[^\P{Cc}\n\t]/gu,
      (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
  return whole.length <= USER_MESSAGE_CHARS_MAX ? text : `${text}... (${whole.length} characters)`;
}

/** An error of this or another realm, or what looks like one. */
function isErrorLike(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (types.isNativeError(value) || value instanceof Error) return true;
  return (
    typeof fieldOf(value, "message") === "string" && typeof fieldOf(value, "stack") === "string"
  );
}

/** A field that is text, or "". */
function textAt(value: unknown, field: string): string {
  const text = typeof value === "object" && value !== null ? fieldOf(value, field) : undefined;
  return typeof text === "string" ? text : "";
}

/** Reads a field that may be a getter of the user's that throws. */
function fieldOf(value: object, field: string): unknown {
  try {
    return (value as Record<string, unknown>)[field];
  } catch {
    return undefined;
  }
}
