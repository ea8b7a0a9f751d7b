/**
 * The client token: who has it may submit jobs. It comes from a file or the environment, never from
 * a flag, where any user of the machine could read it; it is compared in constant time, and no
 * message, log line or inspection shows it.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { messageOf, SheafError } from "../../base/error.ts";

/** Names the environment variable that holds a token, where there is no file of it. */
export const TOKEN_VARIABLE = "SHEAF_TOKEN";

const TOKEN_CHARS_MIN = 16;
const TOKEN_CHARS_MAX = 4096;
const RANDOM_BYTES = 32;
// What HTTP allows in a credential.
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;
const BEARER = /^Bearer +(.+)$/i;

/** A token that shows itself to nobody but those who ask for its header. */
export class Token {
  readonly #text: string;
  readonly #digest: Buffer;

  /** Throws `USAGE` for what cannot be a token; the message says where it came from, not what it is. */
  constructor(text: string, origin: string) {
    if (text.length < TOKEN_CHARS_MIN || text.length > TOKEN_CHARS_MAX || !TOKEN.test(text)) {
      throw new SheafError(
        "USAGE",
        `The token in ${origin} is none: it takes ${TOKEN_CHARS_MIN} to ${TOKEN_CHARS_MAX} letters, ` +
          `digits and "._~+/=-" on one line. To make one: sheaf certs DIR`,
      );
    }
    this.#text = text;
    this.#digest = digestOf(text);
  }

  /** The value of the header `authorization`. */
  get header(): string {
    return `Bearer ${this.#text}`;
  }

  /** Whether a header brings this token; the time that it takes tells nothing. */
  isIn(header: string | undefined): boolean {
    const text = BEARER.exec(header ?? "")?.[1];
    // Digests have one length, whatever was sent.
    return timingSafeEqual(this.#digest, digestOf(text ?? "")) && text !== undefined;
  }

  toJSON(): string {
    return "[token]";
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** A new token of 256 random bits, as text. */
export function randomTokenText(): string {
  return randomBytes(RANDOM_BYTES).toString("base64url");
}

/** The token of a file, or else that of the environment; undefined if neither is given. */
export function readToken(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Token | undefined {
  if (file === undefined) {
    const text = env[TOKEN_VARIABLE];
    return text === undefined ? undefined : new Token(text.trim(), `$${TOKEN_VARIABLE}`);
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new SheafError("USAGE", `Cannot read the token in ${file}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return new Token(text.trim(), file);
}
