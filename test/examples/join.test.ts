import { afterAll, expect, test } from "vitest";
import { runExample, sortedLines } from "./support/example-run.ts";
import { Dice, InputFolder } from "./support/input-folder.ts";
import { shell } from "./support/shell.ts";

const dice = new Dice(12);
const folder = new InputFolder();
afterAll(() => folder.remove());

const key = () => dice.of(["a", "b", "c", "cc", "ä", "z", `k${dice.below(40)}`]);
const rows = (count: number, kind: string) => {
  return Array.from({ length: count }, (_, index) => `${key()}\t${kind}${index}\t${dice.below(9)}`);
};
const left = folder.write("shop/people.tsv", `${rows(25, "person").join("\n")}\n`);
const right = folder.write("shop/deep/orders.tsv", rows(160, "order").join("\n"));
const params = { left: "people.tsv" };

test("join: pairs of rows with the same first column, as POSIX join prints them", async () => {
  const expected = shell(
    `sort "$1" > "$1.sorted"; (cat "$2"; echo) | sort | join -t "$(printf '\\t')" "$1.sorted" -; rm "$1.sorted"`,
    left,
    right,
  );
  expect(expected.length).toBeGreaterThan(1000);
  for (const { sorted } of await runExample("join", [`${folder.path}/shop`], params)) {
    expect(sorted).toEqual(sortedLines(expected.toString().trimEnd().split("\n")));
  }
});

test("join: keys are sorted, and within one the rows of the right stay in their order", async () => {
  const one = folder.write("one/people.tsv", "b\tB\na\tA\r\na\tA again\r\n");
  const two = folder.write("one/orders.tsv", "a\t2\na\t1\nc\t9\nb\t3\n");
  const [output] = await runExample("join", [two, one], params);
  expect(output!.lines).toEqual([
    "a\tA\t2",
    "a\tA again\t2",
    "a\tA\t1",
    "a\tA again\t1",
    "b\tB\t3",
  ]);
});

test("join: without rows on the left, or without the param, there is nothing to join", async () => {
  const [output] = await runExample("join", [`${folder.path}/shop`], { left: "orders" });
  expect(output!.text).toBe("");
  await expect(runExample("join", [right])).rejects.toThrow(/left/);
});
