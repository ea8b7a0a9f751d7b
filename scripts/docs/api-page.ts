/**
 * docs/reference/api.md, from the published declarations: by topic, first what a job calls, then the
 * types.
 */

import { type Declaration, declarationsOf, publicTopics, testingTopic } from "./declarations.ts";
import { formatCode } from "./format-code.ts";

const HEAD = `# The API

<!-- Made by \`npm run docs\` from the docstrings in src/. Change them there. -->

What \`sheaf\` and \`sheaf/testing\` export. No type argument of these is ever written in a job: the
compiler infers them. \`K1\` and \`V1\` are the keys and values of the input, \`K2\` and \`V2\` those between
\`map\` and \`reduce\`, \`V3\` what a job puts out, and \`P\` its params.
`;

const CONTENTS = "| topic | to call | types |\n| --- | --- | --- |\n";

/** The page. */
export function apiPage(root: string): string {
  const topics = publicTopics(root);
  const testing = testingTopic(root);
  const exported = new Set([...topics, testing].flatMap(({ declarations }) => declarations));
  const known = new Set([...exported].map(({ name }) => name));
  const sections = [...topics, testing].map(({ title, declarations }) => ({
    title,
    entries: [...declarations.filter(isValue), ...declarations.filter((it) => !isValue(it))].map(
      (declaration) => ({ declaration, code: codeOf(root, declaration, known) }),
    ),
  }));
  const codes = sections.flatMap(({ entries }) => entries.map(({ code }) => code));
  const formatted = new Map(formatCode(root, codes).map((code, index) => [codes[index]!, code]));
  const links = new Map([...exported].map((it) => [it.name, `#${slugOf(headingOf(it))}`]));
  const linksTo = (declarations: readonly Declaration[]): string =>
    declarations.map(({ name }) => `[\`${name}\`](${links.get(name)})`).join(", ");
  const contents = sections.map(({ title, entries }) => {
    const all = entries.map(({ declaration }) => declaration);
    const types = linksTo(all.filter((it) => !isValue(it)));
    const row = [`[${title}](#${slugOf(title)})`, linksTo(all.filter(isValue)), types];
    return `| ${row.join(" | ")} |`;
  });
  const body = sections.map(({ title, entries }) => {
    const parts = entries.map((it) => entryOf(it.declaration, formatted.get(it.code)!, links));
    return [`## ${title}\n`, ...parts].join("\n");
  });
  return [HEAD, `${CONTENTS}${contents.join("\n")}\n`, ...body].join("\n");
}

function isValue({ isTypeOnly }: Declaration): boolean {
  return !isTypeOnly;
}

function headingOf({ kind, name }: Declaration): string {
  if (kind === "function") return `${name}()`;
  return kind === "const" ? name : `${kind} ${name}`;
}

/** The anchor that GitHub gives a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

/** The signatures, and below them the types of the same file that nobody can import. */
function codeOf(root: string, declaration: Declaration, known: ReadonlySet<string>): string {
  const neighbours = declarationsOf(root, declaration.file);
  const shown = new Map([[declaration.name, declaration]]);
  for (const { signatures } of shown.values()) {
    for (const name of signatures
      .join("\n")
      .replace(/\/\*\*[\s\S]*?\*\//g, "")
      .match(/\w+/g) ?? []) {
      const neighbour = neighbours.get(name);
      if (neighbour === undefined || known.has(name) || isValue(neighbour)) continue;
      shown.set(name, neighbour);
    }
  }
  return [...shown.values()]
    .map(({ name, signatures, docstring }) => {
      const comment = name === declaration.name ? "" : `/** ${docstring?.prose ?? ""} */\n`;
      return `${comment}${signatures.join("\n")}`;
    })
    .join("\n\n");
}

function entryOf(
  declaration: Declaration,
  code: string,
  links: ReadonlyMap<string, string>,
): string {
  const { docstring } = declaration;
  const blocks = [`### ${headingOf(declaration)}\n`];
  if (docstring !== undefined) blocks.push(`${linked(docstring.prose, links, declaration.name)}\n`);
  // Not a snippet to try, so not "ts": the tests check every block of that.
  blocks.push(`\`\`\`typescript\n${code}\n\`\`\`\n`);
  for (const param of docstring?.params ?? []) {
    const [, name = "", text = ""] = /^(\w+)\s+([\s\S]*)$/.exec(param) ?? [];
    blocks.push(`- \`${name}\`: ${linked(text, links)}`);
  }
  if ((docstring?.params.length ?? 0) > 0) blocks[blocks.length - 1] += "\n";
  for (const thrown of docstring?.throws ?? []) {
    blocks.push(`Throws ${linked(thrown, links)}\n`);
  }
  for (const example of docstring?.examples ?? []) {
    blocks.push(`Example:\n\n\`\`\`ts\n${example}\n\`\`\`\n`);
  }
  return blocks.join("\n").replace(/\n{3,}/g, "\n\n");
}

/** Makes links of `{@link Name}`, of `Name` and `name()` in backticks, and of "SheafError". */
function linked(prose: string, links: ReadonlyMap<string, string>, own = ""): string {
  return prose
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .replace(/^SheafError /, "`SheafError` ")
    .replace(/`([A-Z]\w*|\w+(?=\(\)))(\(\))?`/g, (code, name: string) => {
      const link = links.get(name);
      return link === undefined || name === own ? code : `[${code}](${link})`;
    });
}
