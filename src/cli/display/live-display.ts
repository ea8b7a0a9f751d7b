/**
 * The live block on a terminal: draws `liveLines` in place, ten times a second at the most, and
 * takes them off again. The cursor is hidden meanwhile and always comes back, also when the process
 * is suspended or forced to exit.
 */

import type { JobEvent } from "../../job/report.ts";
import type { Dependencies, OutputStream, Signals } from "../dependencies.ts";
import { spellOneLine } from "./cell-width.ts";
import type { Display } from "./display.ts";
import { divertWrites } from "./divert-writes.ts";
import { lineWidth, paintLine } from "./line.ts";
import { liveLines } from "./live-lines.ts";
import { paint, type Theme } from "./theme.ts";
import { advance, newView, type ViewState } from "./view-state.ts";

const FRAME_INTERVAL_MS = 100;
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_LINE_REST = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const upLines = (count: number): string => (count > 0 ? `\x1b[${count}A` : "");

type LiveDependencies = Pick<
  Dependencies,
  "stdout" | "stderr" | "nowMs" | "every" | "signals" | "suspend" | "atExit"
>;

/** See the head of this file. */
export class LiveDisplay implements Display {
  readonly #stderr: OutputStream;
  readonly #theme: Theme;
  readonly #nowMs: () => number;
  readonly #view: ViewState;
  readonly #write: (text: string) => void;
  readonly #undo: (() => void)[] = [];
  /** What is on the screen, and how wide its lines are; the cursor stands at the start of the last. */
  #frame = "";
  #frameWidths: readonly number[] = [];
  #frameMs = Number.NEGATIVE_INFINITY;
  /** When the block last made way for somebody else's text. */
  #madeWayMs = Number.NEGATIVE_INFINITY;
  /** Whether somebody else's text on the screen lacks its newline. */
  #openLine = false;
  #open = true;

  constructor(
    dependencies: LiveDependencies,
    options: { readonly job: string; readonly theme: Theme; readonly agoMs?: number },
  ) {
    const { stdout, stderr, nowMs } = dependencies;
    this.#stderr = stderr;
    this.#theme = options.theme;
    this.#nowMs = nowMs;
    this.#view = newView(options.job, nowMs() - (options.agoMs ?? 0));
    const write = stderr.write;
    this.#write = (text) => write.call(stderr, text);
    const onResize = (): void => this.#draw();
    stderr.on("resize", onResize);
    this.#undo.push(() => stderr.off("resize", onResize));
    for (const stream of stdout.isTTY === true ? [stdout, stderr] : [stderr]) {
      this.#undo.push(divertWrites(stream, (chunk, pass) => this.#letThrough(chunk, pass)));
    }
    this.#watchSuspension(dependencies.signals, dependencies.suspend);
    this.#undo.push(dependencies.every(FRAME_INTERVAL_MS, () => this.#drawIfDue()));
    this.#undo.push(dependencies.atExit(() => this.close()));
    this.#write(HIDE_CURSOR);
    this.#draw();
  }

  event(event: JobEvent, agoMs = 0): void {
    if (!this.#open) return;
    advance(this.#view, event, this.#nowMs() - agoMs);
    // Not in the block, which goes when the run has ended: a warning is to be read after it too.
    if (event.type === "warning") this.#letThrough(this.#warningText(event.message), this.#write);
    this.#drawIfDue();
  }

  note(text: string): void {
    if (this.#open) this.#letThrough(`${spellOneLine(text)}\n`, this.#write);
  }

  cancelling(): void {
    this.#view.cancelling = true;
    this.#draw();
  }

  close(): void {
    if (!this.#open) return;
    this.#clear();
    this.#write(SHOW_CURSOR);
    this.#open = false;
    for (const undo of this.#undo) undo();
  }

  #warningText(message: string): string {
    return `${paint(this.#theme, "warning", "warning:")} ${spellOneLine(message)}\n`;
  }

  #drawIfDue(): void {
    if (this.#nowMs() - this.#frameMs >= FRAME_INTERVAL_MS) this.#draw();
  }

  /** One write a frame: up to its first line, every line over the old one, the rest cleared. */
  #draw(): void {
    if (!this.#open) return;
    this.#frameMs = this.#nowMs();
    // The last column stays free: a terminal may wrap a line that touches it.
    const width = Math.max(1, this.#columns() - 1);
    const rows = Math.max(1, (this.#stderr.rows || ROWS_DEFAULT) - 1);
    const lines = liveLines(this.#view, this.#frameMs, width, this.#theme).slice(0, rows);
    const frame = lines.map((line) => paintLine(line, this.#theme)).join(`${CLEAR_LINE_REST}\r\n`);
    if (frame === this.#frame) return;
    const start = this.#openLine ? "\n" : `${upLines(this.#rowsAbove())}\r`;
    // Left at the start of its line, the cursor cannot be pushed to the next row by an echoed ^C.
    this.#write(`${start}${frame}${CLEAR_LINE_REST}${CLEAR_BELOW}\r`);
    this.#openLine = false;
    this.#frame = frame;
    this.#frameWidths = lines.map(lineWidth);
  }

  #columns(): number {
    return this.#stderr.columns || COLUMNS_DEFAULT;
  }

  /** Rows from the start of the frame to the cursor: a narrowed terminal has wrapped its lines. */
  #rowsAbove(): number {
    const columns = this.#columns();
    const above = this.#frameWidths.slice(0, -1);
    return above.reduce((rows, width) => rows + Math.max(1, Math.ceil(width / columns)), 0);
  }

  #clear(): void {
    if (this.#frame !== "") this.#write(`${upLines(this.#rowsAbove())}\r${CLEAR_BELOW}`);
    else if (this.#openLine) this.#write("\n");
    this.#openLine = false;
    this.#frame = "";
    this.#frameWidths = [];
  }

  /** Somebody else prints: the block makes way and comes back with the next frame. */
  #letThrough<Chunk extends string | Uint8Array>(chunk: Chunk, pass: (text: Chunk) => void): void {
    if (this.#frame !== "") this.#clear();
    pass(chunk);
    if (chunk.length > 0) this.#openLine = chunk.at(-1) !== "\n" && chunk.at(-1) !== 0x0a;
    // A single line does not make the block blink; after a burst, the next frame brings it back.
    const nowMs = this.#nowMs();
    if (nowMs - this.#madeWayMs >= FRAME_INTERVAL_MS) this.#draw();
    this.#madeWayMs = nowMs;
  }

  #watchSuspension(signals: Signals, suspend: () => void): void {
    const onStop = (): void => {
      this.#clear();
      this.#write(SHOW_CURSOR);
      suspend();
    };
    const onContinue = (): void => {
      this.#write(HIDE_CURSOR);
      this.#frame = "";
      this.#draw();
    };
    signals.on("SIGTSTP", onStop);
    signals.on("SIGCONT", onContinue);
    this.#undo.push(() => {
      signals.off("SIGTSTP", onStop);
      signals.off("SIGCONT", onContinue);
    });
  }
}
