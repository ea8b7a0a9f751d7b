import { describe, expect, test } from "vitest";
import { isLive, paint, themeFor } from "./theme.ts";

const terminal = { isTTY: true };
const file = { isTTY: false };

describe("theme", () => {
  test("colours are for terminals, unless NO_COLOR says something or the terminal is dumb", () => {
    expect(themeFor(terminal, {}).colours).toBe(true);
    expect(themeFor(terminal, { NO_COLOR: "" }).colours).toBe(true);
    expect(themeFor(terminal, { NO_COLOR: "1" }).colours).toBe(false);
    expect(themeFor(terminal, { TERM: "dumb" }).colours).toBe(false);
    expect(themeFor(file, {}).colours).toBe(false);
  });

  test("NO_COLOR leaves the display live; a dumb terminal does not", () => {
    expect(isLive(terminal, { NO_COLOR: "1" })).toBe(true);
    expect(isLive(terminal, { TERM: "dumb" })).toBe(false);
    expect(isLive(file, {})).toBe(false);
  });

  test.each([
    [{}, "━"],
    [{ LANG: "de_CH.UTF-8" }, "━"],
    [{ LANG: "C.utf8" }, "━"],
    [{ LANG: "C" }, "#"],
    [{ LANG: "en_US.UTF-8", LC_ALL: "POSIX" }, "#"],
    [{ LANG: "en_US.UTF-8", TERM: "linux" }, "#"],
  ])("in %j a bar is drawn with %s", (env, glyph) => {
    expect(themeFor(terminal, env, "linux").glyphs.barDone).toBe(glyph);
  });

  test("a painted piece ends its own colour, and without colours it is the text", () => {
    expect(paint(themeFor(terminal, {}), "bad", "no")).toBe("\x1b[31mno\x1b[0m");
    expect(paint(themeFor(file, {}), "bad", "no")).toBe("no");
  });
});
