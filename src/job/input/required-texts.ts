/**
 * The texts of which a match of a pattern holds at least one, read from the pattern's source: a match
 * of `/4\d+ (GET|PUT)/` holds "GET" or "PUT". They let a reader look for bytes, several times faster
 * than for a pattern.
 *
 * What always holds: each match contains one of the texts, in what it has consumed. Only a literal
 * that every way through the pattern must consume counts, so what lookarounds, `^`, `$` and `\b` ask
 * for on top can make matches fewer and nothing else. Where the source is not plain to read (back
 * references, `\u`, modifiers, ...) there are no texts, and every line has to be tried.
 */

/** Undefined: nothing is known. */
type Texts = readonly string[] | undefined;

/** More are not worth it: each takes a search of its own, of a quarter of what a pattern costs. */
const TEXTS_MAX = 4;
/** Characters from which on a longer text is no better to search for. */
const LONG_CHARS = 4;
const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f", v: "\v" };
/** ASCII but for letters: to `i`, all else may have other forms, even K and s (U+212A, U+017F). */
const CASELESS = /^[\0-@[-`{-\x7f]*$/;

/** See the head of this file. Longer and fewer texts are preferred. */
export function requiredTexts({ source, flags }: RegExp): readonly string[] | undefined {
  return new PatternReader(source, flags).read();
}

/** Reads a source that the engine has compiled: what it may hold is known, and that it is closed. */
class PatternReader {
  #at = 0;
  #isPlain = true;
  readonly #source: string;
  /** With `u` or `v`. */
  readonly #isUnicode: boolean;
  /** With `v`: classes hold classes. */
  readonly #hasSets: boolean;
  readonly #ignoresCase: boolean;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#isUnicode = /[uv]/.test(flags);
    this.#hasSets = flags.includes("v");
    this.#ignoresCase = flags.includes("i");
  }

  read(): Texts {
    const texts = this.#alternatives();
    return this.#isPlain ? texts : undefined;
  }

  /** Up to a ")" or the end: whichever alternative matches, it holds one of its own texts. */
  #alternatives(): Texts {
    let all = this.#sequence();
    while (this.#take(/\|/y) !== undefined) {
      const more = this.#sequence();
      all = all === undefined || more === undefined ? undefined : [...all, ...more];
    }
    return all !== undefined && all.length <= TEXTS_MAX ? all : undefined;
  }

  /** One alternative: the best of what its parts must hold. */
  #sequence(): Texts {
    let best: Texts;
    /** What the parts just read consume: one text without a gap. */
    let run = "";
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source[this.#at]!)) {
      const part = this.#part();
      const timesMin = this.#quantifier();
      if (typeof part === "string" && timesMin === undefined) {
        run += part;
        continue;
      }
      const isThere = timesMin !== 0;
      if (isThere && typeof part === "string") best = better(best, [run + part]);
      else best = better(better(best, [run]), isThere ? (part as Texts) : undefined);
      // What follows a repetition follows its last turn.
      run = isThere && typeof part === "string" ? part : "";
    }
    return better(best, [run]);
  }

  /** A text that is consumed, empty for what consumes nothing; else the texts that a part holds. */
  #part(): string | Texts {
    const char = this.#source[this.#at]!;
    if (char === "(") return this.#group();
    if (char === "[") return this.#skipClass();
    if (char === "\\") return this.#escape();
    if (this.#take(/[$^]/y) !== undefined) return "";
    if (this.#take(/\./y) !== undefined) return undefined;
    return this.#literal(this.#take(this.#isUnicode ? /./suy : /./sy)!);
  }

  #group(): "" | Texts {
    const open = this.#take(/\((?!\?)|\(\?(?::|<?[=!]|<[^>]*>)/y);
    if (open === undefined) return this.#giveUp();
    const texts = this.#alternatives();
    this.#take(/\)/y);
    return /[=!]$/.test(open) ? "" : texts;
  }

  #skipClass(): undefined {
    let depth = 0;
    do {
      const char = this.#source[this.#at];
      if (char === "[" && (depth === 0 || this.#hasSets)) depth++;
      if (char === "]") depth--;
      this.#at += char === "\\" ? 2 : 1;
    } while (depth > 0);
  }

  #escape(): string | undefined {
    if (this.#take(/\\[bB]/y) !== undefined) return "";
    if (this.#take(/\\[dDwWsS]/y) !== undefined) return undefined;
    if (this.#isUnicode && this.#take(/\\[pP]\{[^}]*\}/y) !== undefined) return undefined;
    const char = this.#take(/\\(?:[tnrfv]|[^\dA-Za-z])/y)?.slice(1);
    return char === undefined ? this.#giveUp() : this.#literal(CONTROLS[char] ?? char);
  }

  #literal(text: string): string | undefined {
    return this.#ignoresCase && !CASELESS.test(text) ? undefined : text;
  }

  /** How often what stands before it is there at least; undefined where it is there once. */
  #quantifier(): number | undefined {
    const quantifier = this.#take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y);
    if (quantifier === undefined) return undefined;
    if (quantifier.startsWith("{")) return Number.parseInt(quantifier.slice(1), 10);
    return quantifier.startsWith("+") ? 1 : 0;
  }

  /** Moves on behind what `sticky` matches here. */
  #take(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source)?.[0];
    if (found !== undefined) this.#at = sticky.lastIndex;
    return found;
  }

  /** Nothing is said of a pattern of which one part is not understood. */
  #giveUp(): undefined {
    this.#isPlain = false;
    this.#at = this.#source.length;
  }
}

function better(one: Texts, other: Texts): Texts {
  return worth(other) > worth(one) ? other : one;
}

function worth(texts: Texts): number {
  if (texts === undefined || texts.includes("")) return Number.NEGATIVE_INFINITY;
  const shortest = Math.min(...texts.map((text) => text.length));
  return Math.min(shortest, LONG_CHARS) - texts.length;
}
