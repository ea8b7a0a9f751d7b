/**
 * docs/reference/cli.md, from the program that commander runs: what the page says of a flag is what
 * `--help` says of it.
 */

import type { Command, Option } from "commander";
import { type Actions, createProgram } from "../../src/cli/program.ts";

const HEAD = `# The command line

<!-- Made by \`npm run docs\` from src/cli/program.ts. Change it there. -->

In a checkout, \`./bin/sheaf\` runs it after \`npm run build\`; in a project that has Sheaf installed,
\`npx sheaf\` does. Results and what programs read go to standard output, everything else to standard
error. On a terminal, a live display shows the progress; elsewhere a line does, every few seconds.
\`NO_COLOR=1\` takes the colours away.
`;

/** The page. */
export function commandLinePage(): string {
  const stream = { write: () => true, on: () => undefined, off: () => undefined, columns: 100 };
  const program = createProgram(
    // The commands are described, never run.
    {} as Actions,
    "",
    { stdout: stream, stderr: stream, env: {} } as unknown as Parameters<typeof createProgram>[2],
  );
  const sections = withSubcommands(program).map(describe);
  return `${[HEAD, ...sections].join("\n")}`;
}

/** A command and all those below it, each before its own. */
function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** `sheaf cluster status`. */
function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

function describe(command: Command): string {
  const path = pathOf(command);
  const usage = `\`\`\`text\n${path} ${command.usage()}\n\`\`\`\n`;
  const blocks = [`## ${path}\n`, `${command.description()}\n`, usage];
  const commands = command.commands.map((sub) => [`\`${sub.name()}\``, sub.summary()] as const);
  if (commands.length > 0) blocks.push(table("Command", commands));
  const given = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return [`\`${name}\``, argument.description] as const;
  });
  if (given.length > 0) blocks.push(table("Argument", given));
  const options = command.options.filter((option) => !option.hidden).map(optionRow);
  if (options.length > 0) blocks.push(table("Option", options));
  const examples = textAfterHelp(command);
  if (examples !== "") blocks.push(`\`\`\`text\n${examples}\n\`\`\`\n`);
  return blocks.join("\n");
}

function optionRow(option: Option): readonly [string, string] {
  return [`\`${option.flags}\``, option.description];
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  const lines = rows.map(([name, text]) => `| ${name} | ${text.replaceAll("|", "\\|")} |`);
  return `| ${title} | |\n| --- | --- |\n${lines.join("\n")}\n`;
}

/** What \`addHelpText("after")\` has added. */
function textAfterHelp(command: Command): string {
  let help = "";
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help.slice(command.helpInformation().length).trim();
}
