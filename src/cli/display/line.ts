/**
 * A line of a display before it becomes text: pieces with styles. It is measured and cut as plain
 * text, and painted last, so that colours never disturb the layout.
 */

import { cellWidth, cutToCells } from "./cell-width.ts";
import { paint, type Style, type Theme } from "./theme.ts";

/** A piece of a line in one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** See the head of this file. */
export type Line = readonly Span[];

export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

/** The cells that a line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((cells, { text }) => cells + cellWidth(text), 0);
}

/** The line cut to `width` cells. */
export function fitLine(line: Line, width: number, mark: string): Line {
  const fitted: Span[] = [];
  let room = width;
  for (const piece of line) {
    const text = cutToCells(piece.text, room, mark);
    fitted.push({ text, style: piece.style });
    if (text !== piece.text) break;
    room -= cellWidth(text);
  }
  return fitted;
}

/** The line as text, in its colours if the theme has any. */
export function paintLine(line: Line, theme: Theme): string {
  return line.map(({ text, style }) => paint(theme, style, text)).join("");
}
