/**
 * What a stream can show: colours or none, line-drawing characters or ASCII. Decided once from the
 * stream and the environment; the renderers ask only the theme.
 */

/** What a piece of text is, from which its colour follows. */
export type Style =
  | "plain"
  | "strong"
  | "faint"
  | "good"
  | "busy"
  | "warning"
  | "bad"
  | "strongBad"
  | "strongGood";

/** See the head of this file. */
export interface Theme {
  readonly colours: boolean;
  readonly glyphs: Glyphs;
}

/** The characters that are not in ASCII, or what stands for them; each takes one cell. */
export interface Glyphs {
  readonly barDone: string;
  readonly barLeft: string;
  readonly cut: string;
  readonly dot: string;
  readonly tick: string;
  readonly times: string;
}

const DRAWN: Glyphs = { barDone: "━", barLeft: "─", cut: "…", dot: "·", tick: "✓", times: "×" };
const ASCII: Glyphs = { barDone: "#", barLeft: "-", cut: "~", dot: "-", tick: "+", times: "x" };

/** No colours and every character: what tests and logs read. */
export const PLAIN_THEME: Theme = { colours: false, glyphs: DRAWN };

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether control codes may be sent at all: a terminal, and one that knows them. */
export function isLive(
  stream: { readonly isTTY?: boolean | undefined },
  env: Environment,
): boolean {
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** The theme of a stream. `NO_COLOR` (https://no-color.org) counts unless it is empty. */
export function themeFor(
  stream: { readonly isTTY?: boolean | undefined },
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): Theme {
  const noColour = (env.NO_COLOR ?? "") !== "";
  const colours = isLive(stream, env) && !noColour;
  return { colours, glyphs: showsUnicode(env, platform) ? DRAWN : ASCII };
}

/** Unless the locale or the console says otherwise, a terminal of today shows UTF-8. */
function showsUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  if (env.TERM === "linux") return false;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  if (platform === "win32" || locale === "") return true;
  return /utf-?8/i.test(locale);
}

const CODES: Readonly<Record<Exclude<Style, "plain">, string>> = {
  strong: "1",
  faint: "2",
  good: "32",
  busy: "36",
  warning: "33",
  bad: "31",
  strongBad: "1;31",
  strongGood: "1;32",
};

/** `text` in its style. Every styled piece ends with a reset, so that a cut line leaves none open. */
export function paint(theme: Theme, style: Style, text: string): string {
  if (!theme.colours || style === "plain" || text === "") return text;
  return `\x1b[${CODES[style]}m${text}\x1b[0m`;
}
