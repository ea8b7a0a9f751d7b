/**
 * A docstring, taken apart: its prose, its tags, and the code of its examples.
 */

/** See the head of this file. Texts are Markdown. */
export interface Docstring {
  readonly prose: string;
  /** What follows `@param`: the name, then the text. */
  readonly params: readonly string[];
  readonly throws: readonly string[];
  /** The code of each example, without its fence. */
  readonly examples: readonly string[];
  readonly isInternal: boolean;
}

const TAGS = ["example", "internal", "param", "throws"];

/** Reads the text between the two ends of a docstring, stars included. */
export function parseDocstring(comment: string): Docstring {
  const lines = comment
    .replace(/^\s*\/\*\*/, "")
    .replace(/\*\/\s*$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const text = lines.join("\n").trim();
  const isInternal = /@internal\b/.test(text);
  const [prose = "", ...sections] = text.split(/^@(?=\w)/m);
  const docstring = {
    prose: prose.trim(),
    params: [] as string[],
    throws: [] as string[],
    examples: [] as string[],
    isInternal,
  };
  for (const section of sections) {
    const [, tag = "", body = ""] = /^(\w+)\s*([\s\S]*)$/.exec(section) ?? [];
    if (!TAGS.includes(tag)) throw new Error(`@${tag} is not a tag that the reference knows.`);
    if (tag === "param") docstring.params.push(joinLines(body));
    if (tag === "throws") docstring.throws.push(joinLines(body));
    if (tag === "example") docstring.examples.push(codeOf(body));
  }
  return docstring;
}

function joinLines(body: string): string {
  return body.trim().replace(/\n\s*/g, "\n");
}

function codeOf(body: string): string {
  const fenced = /^```ts\n([\s\S]*?)\n```$/.exec(body.trim());
  if (fenced?.[1] === undefined) throw new Error(`An example is one block of ts, not:\n${body}`);
  return fenced[1];
}
