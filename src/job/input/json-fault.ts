/**
 * Finds what is wrong with a text that `JSON.parse` refused. Its own messages differ from one Node
 * to the next, and often do not say where.
 */

/** What is wrong, and at which column, counted in characters from 1. */
export interface JsonFault {
  readonly column: number;
  readonly what: string;
}

const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const WHITE_SPACE = /[ \t\n\r]*/y;

/** Where `text` stops being JSON, and what should have been there. */
export function jsonFault(text: string): JsonFault {
  const scan = new JsonScan(text);
  const what = scan.document();
  return { column: scan.at + 1, what };
}

/** Goes over the text as far as it is JSON. Open arrays and objects are a list, not a recursion. */
class JsonScan {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** What is wrong at `at`. */
  document(): string {
    const open: ("[" | "{")[] = [];
    for (;;) {
      // A value is due.
      this.#take(WHITE_SPACE);
      const begins = this.#text[this.at];
      if (begins === "[" || begins === "{") {
        this.at++;
        this.#take(WHITE_SPACE);
        if (this.#text[this.at] !== (begins === "[" ? "]" : "}")) {
          open.push(begins);
          const fault = begins === "{" ? this.#name() : undefined;
          if (fault !== undefined) return fault;
          continue;
        }
        this.at++;
      } else if (begins === '"') {
        const fault = this.#string();
        if (fault !== undefined) return fault;
      } else if (!this.#take(LITERAL) && !this.#take(NUMBER)) {
        return this.#instead("a value was expected");
      }
      // A value has ended, and perhaps what holds it.
      const fault = this.#afterValue(open);
      if (fault !== undefined) return fault;
    }
  }

  /** Goes on to where the next value is due; says what is wrong if there cannot be one. */
  #afterValue(open: ("[" | "{")[]): string | undefined {
    for (;;) {
      this.#take(WHITE_SPACE);
      const holder = open.at(-1);
      if (holder === undefined) {
        return this.at === this.#text.length ? "it is nested too deeply" : "more follows its end";
      }
      const next = this.#text[this.at];
      if (next === ",") {
        this.at++;
        this.#take(WHITE_SPACE);
        return holder === "{" ? this.#name() : undefined;
      }
      if (next !== (holder === "[" ? "]" : "}")) {
        return this.#instead(`"," or "${holder === "[" ? "]" : "}"}" was expected`);
      }
      this.at++;
      open.pop();
    }
  }

  /** The name of a property and its colon. */
  #name(): string | undefined {
    if (this.#text[this.at] !== '"') return this.#instead("a name in double quotes was expected");
    const fault = this.#string();
    if (fault !== undefined) return fault;
    this.#take(WHITE_SPACE);
    if (this.#text[this.at] !== ":") return this.#instead('":" was expected');
    this.at++;
    return undefined;
  }

  /** A string, from its first quote to behind its last. */
  #string(): string | undefined {
    for (this.at++; ; ) {
      const next = this.#text[this.at];
      if (next === undefined) return "the line ends within a string";
      if (next === "\\") {
        if (!this.#take(ESCAPE)) return "an escape that JSON does not have";
      } else if (next < " ") {
        return "a control character within a string";
      } else {
        this.at++;
        if (next === '"') return undefined;
      }
    }
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const taken = pattern.exec(this.#text);
    if (taken === null) return false;
    this.at = pattern.lastIndex;
    return true;
  }

  #instead(expected: string): string {
    return this.at === this.#text.length ? `the line ends where ${expected}` : expected;
  }
}
