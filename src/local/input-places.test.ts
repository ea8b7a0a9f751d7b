/**
 * What `located()` says of a job's input, as the scheduler is told of it.
 */

import { describe, expect, it } from "vitest";
import type { JobBundle } from "../bundle/job-bundle.ts";
import type { InputFile, InputPiece, Split } from "../job/input/input.ts";
import { located } from "../job/input/located.ts";
import { text } from "../job/input/text.ts";
import { placesOf } from "./input-places.ts";

const BUNDLE: JobBundle = {
  ...{ code: "", map: "{}", hash: "0".repeat(64), entry: "/job.ts", entryName: "job.ts" },
  ...{ cwd: "/", nativeAddons: [], warnings: [] },
};

function file(path: string, sizeBytes: number): InputFile {
  return { path, name: path, index: 0, sizeBytes, modifiedMs: 0, compression: "none" };
}

/** Splits of pieces: a path, and the bytes from where to where. */
function splits(...pieces: (readonly [path: string, start: number, end: number])[][]): Split[] {
  return pieces.map((list, index) => ({
    index,
    segments: list.map(([path, start, end]) => ({ file: file(path, end), start, end })),
    sizeBytes: list.reduce((sum, [, start, end]) => sum + end - start, 0),
  }));
}

function places(locate: (piece: InputPiece) => unknown, of: readonly Split[]) {
  return placesOf(BUNDLE, located(text(), locate as never), of);
}

describe("the places of an input", () => {
  it("are unknown without located()", () => {
    expect(placesOf(BUNDLE, text(), splits([["/a", 0, 9]])).byLabel).toEqual([]);
  });

  it("are asked for by path and range, and told by host or rack", () => {
    const asked: InputPiece[] = [];
    const locate = (piece: InputPiece) => {
      asked.push(piece);
      return piece.start === 0 ? ["h1", "r1"] : ["h2", "r1", "", "h2"];
    };
    const { byLabel, endsAt } = places(locate, splits([["/a", 0, 5]], [["/a", 5, 9]]));
    expect(asked).toEqual([
      { path: "/a", start: 0, end: 5 },
      { path: "/a", start: 5, end: 9 },
    ]);
    expect(byLabel).toEqual([
      { label: "h1", tasks: [0] },
      { label: "r1", tasks: [0, 1] },
      { label: "h2", tasks: [1] },
    ]);
    expect(endsAt).toBeUndefined();
  });

  it("of several small files are where half of their bytes are", () => {
    const hosts: Record<string, string[]> = { "/a": ["h1"], "/b": ["h2"], "/c": ["h2", "h3"] };
    const { byLabel } = places(
      ({ path }) => hosts[path],
      splits([
        ["/a", 0, 50],
        ["/b", 0, 20],
        ["/c", 0, 30],
      ]),
    );
    expect(byLabel).toEqual([
      { label: "h1", tasks: [0] },
      { label: "h2", tasks: [0] },
    ]);
  });

  it("of empty files count as if each had a byte", () => {
    const { byLabel } = places(() => ["h1"], splits([["/a", 0, 0]]));
    expect(byLabel).toEqual([{ label: "h1", tasks: [0] }]);
  });

  it("are kept as far as they fit into a command of the log", () => {
    const [one] = splits([["/a", 0, 1]]);
    const many = Array.from({ length: 300_000 }, (_, index) => ({ ...one!, index }));
    const { byLabel, endsAt } = places(() => ["h1", "h2", "r1"], many);
    expect(endsAt).toBeGreaterThan(200_000);
    expect(endsAt).toBeLessThan(210_000);
    const known = byLabel.find(({ label }) => label === "r1")!.tasks;
    expect(known).toHaveLength(endsAt!);
  });

  it.each([
    ["h1"],
    [undefined],
    [["h1", 2]],
    [["x".repeat(1025)]],
    [Array.from({ length: 101 }, (_, i) => `h${i}`)],
    [Promise.resolve(["h1"])],
  ])("are refused if they are no list of names: %o", (answer) => {
    expect(() => places(() => answer, splits([["/a", 0, 9]]))).toThrow(
      expect.objectContaining({
        code: "JOB_INVALID",
        message: expect.stringContaining("it must return a list of at most 100 names"),
      }),
    );
  });

  it("are as wrong as the function that throws", () => {
    const locate = () => {
      throw new Error("no such table");
    };
    expect(() => places(locate, splits([["/a", 0, 9]]))).toThrow(
      expect.objectContaining({
        code: "USER_CODE",
        message: expect.stringContaining('The job\'s "located" function threw.'),
      }),
    );
  });
});
