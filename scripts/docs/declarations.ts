/**
 * Reads the published declarations: what src/index.ts and src/testing.ts export, by topic, with
 * docstrings and signatures from dist/*.d.ts. The compiler emits those in one regular form, every
 * statement beginning in the first column, so that a few lines read them, with any version of
 * TypeScript.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Docstring, parseDocstring } from "./docstring.ts";

/** One name that a user may import, or a type that stands in the signature of one. */
export interface Declaration {
  readonly name: string;
  readonly kind: "function" | "const" | "class" | "interface" | "type";
  /** Whether users import the type alone: a class may be ours to make. */
  readonly isTypeOnly: boolean;
  /** Its file below src/, without the extension. */
  readonly file: string;
  readonly docstring: Docstring | undefined;
  /** The statements, `export declare` left out: more than one for an overloaded function. */
  readonly signatures: readonly string[];
}

/** The exports of one topic, in the order of the index. */
export interface Topic {
  readonly title: string;
  readonly declarations: readonly Declaration[];
}

/** The topics of src/index.ts. */
export function publicTopics(root: string): Topic[] {
  const topics: { title: string; declarations: Declaration[] }[] = [];
  const index = readFileSync(join(root, "src/index.ts"), "utf8");
  for (const statement of index.split(/\n(?=\/\/ |export )/)) {
    const title = /^\/\/ (.*)/.exec(statement)?.[1];
    if (title !== undefined) topics.push({ title, declarations: [] });
    const exported = /^export (type )?\{([^}]*)\} from "\.\/(.*)\.ts"/.exec(statement);
    if (exported === null) continue;
    const [, allTypes, names = "", file = ""] = exported;
    const declarations = declarationsOf(root, file);
    for (const word of names.split(",").map((words) => words.trim())) {
      if (word === "") continue;
      const declaration = declarations.get(word.replace("type ", ""));
      if (declaration === undefined) throw new Error(`${file} does not declare ${word}.`);
      const isTypeOnly = allTypes !== undefined || word.startsWith("type ");
      topics.at(-1)?.declarations.push({ ...declaration, isTypeOnly });
    }
  }
  return topics;
}

/** What src/testing.ts exports. */
export function testingTopic(root: string): Topic {
  const declarations = [...declarationsOf(root, "testing").values()];
  return { title: "Testing a job", declarations };
}

/** All that a file exports, by name. */
export function declarationsOf(root: string, file: string): ReadonlyMap<string, Declaration> {
  const text = readFileSync(join(root, "dist", `${file}.d.ts`), "utf8");
  const declarations = new Map<string, Declaration>();
  for (const { comment, statement } of statementsOf(text)) {
    const match = /^export (?:declare )?(function|const|class|interface|type) (\w+)/.exec(
      statement,
    );
    if (match === null) continue;
    const kind = match[1] as Declaration["kind"];
    const name = match[2]!;
    const signature = withoutInternals(statement.replace(/^export (declare )?/, ""));
    const before = declarations.get(name);
    declarations.set(name, {
      name,
      kind,
      isTypeOnly: kind === "interface" || kind === "type",
      file,
      docstring: before?.docstring ?? (comment === "" ? undefined : parseDocstring(comment)),
      signatures: [...(before?.signatures ?? []), signature],
    });
  }
  return declarations;
}

interface Statement {
  /** The docstring before it; empty if there is none. */
  readonly comment: string;
  readonly statement: string;
}

/** The statements of a declaration file, imports included. */
function statementsOf(text: string): Statement[] {
  const statements: Statement[] = [];
  let comment = "";
  let statement = "";
  let inComment = false;
  for (const line of text.split("\n")) {
    if (statement === "" && (inComment || line.startsWith("/**"))) {
      // Of two comments in a row, the first is the head of the file.
      comment = inComment ? `${comment}\n${line}` : line;
      inComment = !line.endsWith("*/");
      continue;
    }
    if (line.trim() === "" && statement === "") continue;
    statement += statement === "" ? line : `\n${line}`;
    // A statement ends where a line of the first column does, with its bracket or semicolon.
    if (!/^(\S.*)?[;}]$/.test(line) || line.endsWith("{")) continue;
    statements.push({ comment, statement });
    comment = "";
    statement = "";
  }
  return statements;
}

/** Leaves out private fields and the members that are marked as internal. */
function withoutInternals(statement: string): string {
  const lines = statement.split("\n").filter((line) => line.trim() !== "#private;");
  const kept: string[] = [];
  let isInternal = false;
  for (const line of lines) {
    if (/^ {4}\/\*\*.*@internal.*\*\/$/.test(line)) {
      isInternal = true;
    } else if (isInternal) {
      // The member ends at the first line of its indentation that ends it.
      if (/^ {4}\S.*;$/.test(line)) isInternal = false;
    } else {
      kept.push(line);
    }
  }
  return kept.join("\n");
}
