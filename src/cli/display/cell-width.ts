/**
 * Text as a terminal shows it: how many cells it takes, how to cut it to a number of cells, and how
 * to keep a file's name or a record from sending control codes to the screen.
 */

/** Code points that take two cells: East Asian wide and full-width forms, and most emoji. */
const WIDE = new RegExp(
  "[\\u1100-\\u115f\\u2329\\u232a\\u2e80-\\u303e\\u3041-\\u33ff\\u3400-\\u4dbf\\u4e00-\\ua4cf" +
    "\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60" +
    "\\uffe0-\\uffe6\\u{16fe0}-\\u{18d08}\\u{1b000}-\\u{1b2ff}\\u{1f200}-\\u{1f265}" +
    "\\u{20000}-\\u{3fffd}]|\\p{Emoji_Presentation}",
  "u",
);
/** Code points that take none of their own: they join or dress the one before them. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const ASCII_ONLY = /^[\x20-\x7e]*$/;
const EMOJI_STYLE = "\ufe0f";

let segmenter: Intl.Segmenter | undefined;

/** The characters as a reader counts them: a letter with its accents, a flag, a family are one. */
function graphemes(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

/** The number of cells that a terminal gives to `text`, which holds no control codes. */
export function cellWidth(text: string): number {
  if (ASCII_ONLY.test(text)) return text.length;
  let cells = 0;
  for (const { segment } of graphemes(text)) cells += graphemeWidth(segment);
  return cells;
}

function graphemeWidth(grapheme: string): number {
  if (WIDE.test(grapheme) || grapheme.includes(EMOJI_STYLE)) return 2;
  const first = String.fromCodePoint(grapheme.codePointAt(0)!);
  return ZERO.test(first) ? 0 : 1;
}

/** `text` cut to `cells`, the cut marked by `mark` if that still fits. */
export function cutToCells(text: string, cells: number, mark = "…"): string {
  if (cellWidth(text) <= cells) return text;
  const room = cells - cellWidth(mark);
  if (room < 0) return "";
  let kept = "";
  let used = 0;
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment);
    if (used > room) break;
    kept += segment;
  }
  return kept + mark;
}

/** Control characters (and the marks that turn the direction of text) but newline and tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** `text` with control characters spelt out (`\x1b`), so that a record cannot drive the terminal. */
export function spellControls(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(CONTROL, (control) => {
    const code = control.charCodeAt(0);
    const digits = code.toString(16);
    return code < 0x100 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`;
  });
}

/** `text` as part of one line: controls, newlines and tabs spelt out. */
export function spellOneLine(text: string): string {
  return spellControls(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}
