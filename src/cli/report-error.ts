/**
 * Errors as a person reads them. An expected failure is its message and nothing else; anything else
 * that was thrown is a bug of Sheaf, and only then is a stack shown.
 */

import type { ErrorCode, ErrorData } from "../base/error.ts";
import { spellControls } from "./display/cell-width.ts";
import { paint, type Theme } from "./display/theme.ts";

/** An expected failure, perhaps from another copy of Sheaf that the user's module has imported. */
export interface ExpectedError extends Error {
  readonly code: ErrorCode;
  readonly data?: ErrorData;
}

export function isExpected(thrown: unknown): thrown is ExpectedError {
  return thrown instanceof Error && thrown.name === "SheafError" && "code" in thrown;
}

/** An expected failure: its words after `error:`, with its code frame coloured. */
export function expectedErrorText(message: string, theme: Theme): string {
  return `${paint(theme, "strongBad", "error:")} ${paintMessage(spellControls(message), theme)}\n`;
}

/** Anything else that was thrown. */
export function bugText(thrown: unknown, theme: Theme): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const words = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  const claim = words.includes("This is a bug in Sheaf.") ? "" : "This is a bug in Sheaf. ";
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const head = `${paint(theme, "strongBad", "error:")} ${spellControls(words)}`;
  const asked = `${claim}Please report it with the lines below.`;
  return `${[head, asked, ...frames.map((line) => paint(theme, "faint", line))].join("\n")}\n`;
}

/** `  12 | code`, `> 13 | code`, `     |  ^`: a line of a code frame. */
const FRAME_LINE = /^(\s*)(>?)(\s*\d*\s*[|│])(.*)$/;
const CARETS = /^\s*\^+/;

function paintMessage(message: string, theme: Theme): string {
  if (!theme.colours) return message;
  const [head, ...rest] = message.split("\n");
  const lines = rest.map((line) => {
    const match = FRAME_LINE.exec(line);
    if (match === null) return line;
    const [, indent, mark, gutter, code] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ];
    const style = CARETS.test(code) ? "bad" : mark === "" ? "faint" : "plain";
    const marked = paint(theme, "strongBad", mark) + paint(theme, "faint", gutter);
    return indent + marked + paint(theme, style, code);
  });
  return [paint(theme, "strong", head!), ...lines].join("\n");
}
