/**
 * The piece of source that an error message shows: the line in question between its neighbours,
 * with line numbers and a caret under the column. Plain text; the command line adds the colours.
 */

/** Lines shown on each side of the one in question. */
const CONTEXT_LINES = 2;
/** What is shown of a line; a longer one is cut around the column. */
const WIDTH_CHARS = 96;
const TAB = "  ";
const ELLIPSIS = "…";
/** What JavaScript, and so every source map, counts as the end of a line. */
const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/**
 * Shows `source` around a position; line and column count from 1. A line that the source does not
 * have gives undefined: the file has changed since it was read.
 */
export function codeFrame(source: string, line: number, column: number): string | undefined {
  const lines = source.replace(/^\ufeff/, "").split(LINE_END);
  if (lines.at(-1) === "") lines.pop();
  const text = lines[line - 1];
  if (text === undefined) return undefined;
  const caret = visible(text.slice(0, Math.max(0, column - 1))).length;
  const from = windowStart(visible(text), caret);
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const digits = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const mark = number === line ? ">" : " ";
    const piece = cut(visible(lines[number - 1]!), from);
    shown.push(`${mark} ${String(number).padStart(digits)} | ${piece}`.trimEnd());
    if (number !== line) continue;
    const indent = terminalWidth(cut(visible(text), from).slice(0, caret - from));
    shown.push(`  ${" ".repeat(digits)} | ${" ".repeat(indent)}^`);
  }
  return shown.join("\n");
}

/** Tabs become two spaces, and what a terminal would obey instead of showing becomes U+FFFD. */
function visible(line: string): string {
  return line.replaceAll("\t", TAB).replace(/\p{Cc}/gu, "\ufffd");
}

/** Where the shown piece of every line starts, so that the caret is well inside it. */
function windowStart(line: string, caret: number): number {
  if (line.length <= WIDTH_CHARS) return 0;
  const start = Math.max(0, Math.min(caret - WIDTH_CHARS / 2, line.length - WIDTH_CHARS));
  return isLowSurrogate(line, start) ? start + 1 : start;
}

/** The piece of a line from `from` on, with an ellipsis where it is cut. */
function cut(line: string, from: number): string {
  let end = Math.min(line.length, from + WIDTH_CHARS);
  if (isLowSurrogate(line, end)) end--;
  let piece = line.slice(from, end);
  if (from > 0 && line.length > 0) piece = ELLIPSIS + piece.slice(isLowSurrogate(piece, 1) ? 2 : 1);
  return end < line.length ? piece + ELLIPSIS : piece;
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

const COMBINING = /\p{M}/u;
const WIDE =
  /[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u;

/** Cells that a text takes on a terminal, near enough to put a caret under a character. */
function terminalWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (WIDE.test(character)) width += 2;
    else if (!COMBINING.test(character)) width += 1;
  }
  return width;
}
