/**
 * A folder in which the commands of a page run one after the other, as a reader types them: a
 * checkout of Sheaf, and next to it whatever the page makes.
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { childEnvironment } from "../../support/child-environment.ts";
import { ROOT } from "./pages.ts";
import { SnippetProject } from "./snippet-project.ts";

/** What the pages call the folder around the checkout. */
const SHOWN_AS = "/home/you";
const LINKED = ["bin", "dist", "node_modules", "package.json"];
const COPIED = ["examples", "README.md"];

/** What a script has printed, and how it ended. */
export interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** See the head of this file. Remove it when the test ends. */
export class Shell {
  readonly #project = new SnippetProject();
  #directory: string;

  constructor() {
    this.#directory = join(this.#project.path, "sheaf");
    mkdirSync(this.#directory);
    for (const name of LINKED) symlinkSync(join(ROOT, name), join(this.#directory, name));
    for (const name of COPIED) {
      cpSync(join(ROOT, name), join(this.#directory, name), { recursive: true });
    }
  }

  remove(): void {
    this.#project.remove();
  }

  /** Writes a file of the page into the folder in which the reader is. */
  write(name: string, text: string): void {
    writeFileSync(join(this.#directory, name), `${text}\n`);
  }

  /** Runs a script in bash, up to the first command that fails; a `cd` lasts. */
  run(script: string): Printed {
    return this.#spawn(script);
  }

  /** The same, with standard error among the standard output, as on a terminal. */
  runMixed(script: string): Printed {
    return this.#spawn(`exec 2>&1\n${script}`);
  }

  #spawn(script: string): Printed {
    const left = join(this.#project.path, "directory");
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["-eu", "-c", `trap 'pwd >"${left}"' EXIT\n${script}`],
      {
        cwd: this.#directory,
        encoding: "utf8",
        env: childEnvironment(),
      },
    );
    this.#directory = readFileSync(left, "utf8").trim();
    const shown = (text: string) => text.replaceAll(this.#project.path, SHOWN_AS);
    return { status: status ?? -1, stdout: shown(stdout), stderr: shown(stderr) };
  }
}
