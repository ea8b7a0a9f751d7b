/**
 * A temporary folder with input files, for tests of what reads the disk. `using` removes it.
 */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { findInputFiles } from "../../src/job/input/find-input-files.ts";
import type { Compression, InputFile, Split } from "../../src/job/input/input.ts";

/** See the head of this file. */
export class InputFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "sheaf-input-")));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  /** Writes a file by its path below the folder, and says where it is. */
  write(name: string, content: string | Uint8Array): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** The files that patterns below the folder name. */
  find(...patterns: string[]): Promise<InputFile[]> {
    return findInputFiles(patterns, this.path);
  }

  /** One file as it is now. */
  file(name: string): InputFile {
    const { size, mtimeMs } = statSync(this.at(name));
    const compression: Compression = name.endsWith(".gz")
      ? "gzip"
      : name.endsWith(".zst")
        ? "zstd"
        : "none";
    const about = { index: 0, sizeBytes: size, modifiedMs: mtimeMs, compression };
    return { path: this.at(name), name: basename(name), ...about };
  }

  /** One whole file as a split. */
  split(name: string): Split {
    const file = this.file(name);
    const segments = [{ file, start: 0, end: file.sizeBytes }];
    return { index: 0, segments, sizeBytes: file.sizeBytes };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
