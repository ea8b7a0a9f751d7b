/**
 * A table for people: columns as wide as their widest cell, names to the left and numbers to the
 * right, cut where the terminal ends. What comes from elsewhere, such as names, is shown on one line
 * and sends no control codes.
 */

import type { OutputStream } from "../dependencies.ts";
import { cellWidth, spellOneLine } from "./cell-width.ts";
import { fitLine, type Line, lineWidth, paintLine, type Span, span } from "./line.ts";
import { type Style, type Theme, themeFor } from "./theme.ts";

/** A column, by its title. */
export interface Column {
  readonly title: string;
  /** Left unless given. */
  readonly align?: "left" | "right";
}

/** A text, perhaps in a style. */
export type Cell = string | readonly [text: string, style: Style];

const GAP = "  ";

/** The title and a line for each row; the cells of a row are those of the columns, in order. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  indent = "",
): Line[] {
  const titles = columns.map(({ title }) => span(title, "faint"));
  const lines = [titles, ...rows.map((cells) => cells.map(spanOf))];
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((cells) => cellWidth(cells[index]?.text ?? ""))),
  );
  return lines.map((cells) => {
    const line = cells.flatMap((cell, index): Span[] => {
      const fill = " ".repeat(widths[index]! - cellWidth(cell.text));
      const isRight = columns[index]!.align === "right";
      const gap = index === 0 ? indent : GAP;
      return isRight ? [span(gap + fill), cell] : [span(gap), cell, span(fill)];
    });
    // Nobody sees blanks at an end, but whoever copies them.
    while (line.length > 0 && line.at(-1)!.text.trim() === "") line.pop();
    return line;
  });
}

function spanOf(cell: Cell): Span {
  const [text, style] = typeof cell === "string" ? [cell] : cell;
  return span(spellOneLine(text), style);
}

/** Writes lines to a stream, each cut to its width if it is a terminal. */
export function writeLines(
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
  lines: readonly Line[],
): void {
  const theme: Theme = themeFor(stream, env);
  const width = stream.isTTY === true ? stream.columns || undefined : undefined;
  const texts = lines.map((line) => {
    const isTooWide = width !== undefined && lineWidth(line) > width;
    return paintLine(isTooWide ? fitLine(line, width, theme.glyphs.cut) : line, theme);
  });
  stream.write(texts.map((text) => `${text}\n`).join(""));
}
