import { afterAll, expect, test } from "vitest";
import { pageRank } from "./oracles/page-rank.ts";
import { type ExampleOutput, runExample } from "./support/example-run.ts";
import { Dice, InputFolder } from "./support/input-folder.ts";

const folder = new InputFolder();
afterAll(() => folder.remove());

function ranksOf({ lines }: ExampleOutput): Map<string, number> {
  return new Map(lines.map((line) => [line.split("\t")[0]!, Number(line.split("\t")[1])]));
}

function expectRanks(output: ExampleOutput, expected: ReadonlyMap<string, number>): void {
  const ranks = ranksOf(output);
  expect([...ranks.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [page, rank] of expected) expect(ranks.get(page)).toBeCloseTo(rank, 13);
  expect([...ranks.values()].reduce((sum, rank) => sum + rank, 0)).toBeCloseTo(1, 12);
}

/** A graph in which some pages have no links, and some none to them. */
function graph(seed: number, pages: number): Map<string, Set<string>> {
  const dice = new Dice(seed);
  const page = () => `page-${dice.below(pages)}`;
  const links = new Map<string, Set<string>>();
  for (let index = 0; index < pages; index++) {
    const count = dice.of([0, 1, 2, 9]);
    links.set(`page-${index}`, new Set(Array.from({ length: count }, page)));
  }
  return links;
}

const links = graph(13, 60);
const adjacency = [...links].map(([page, targets]) => [page, ...targets].join(" "));
const input = folder.write("adjacency.txt", `# a comment\n\n${adjacency.join("\n")}\n`);

test.each([1, 5])("page-rank: the ranks after exactly %i iterations", async (iterations) => {
  const params = { iterations: String(iterations), tolerance: "0" };
  for (const output of await runExample("page-rank", [input], params)) {
    expectRanks(output, pageRank(links, 0.85, iterations));
    expect(output.stepRuns).toBe(2 + iterations);
  }
});

test("page-rank: ends when no rank moves, before it has used up its iterations", async () => {
  const params = { iterations: 1000, tolerance: 1e-13, damping: 0.3 };
  for (const output of await runExample("page-rank", [input], params)) {
    expectRanks(output, pageRank(links, 0.3, 100));
    expect(output.stepRuns).toBeLessThan(40);
  }
});

test("page-rank: edges and adjacency lists, tabs and repetitions mean the same", async () => {
  const edges = [...links].flatMap(([page, targets]) => [
    page,
    ...[...targets].map((target) => `${page}\t${target}`),
  ]);
  const twice = folder.write("edges.txt", [...edges, ...edges.reverse()].join("\r\n"));
  const params = { iterations: 3, tolerance: 0 };
  for (const output of await runExample("page-rank", [twice], params)) {
    expectRanks(output, pageRank(links, 0.85, 3));
  }
});

test("page-rank: pages without any links share everything alike", async () => {
  const alone = folder.write("alone.txt", "a\nb\nc\nd\n");
  for (const output of await runExample("page-rank", [alone])) {
    expectRanks(output, new Map([..."abcd"].map((page) => [page, 0.25])));
  }
});

test("page-rank: damping above 1, no iterations and an unknown param are refused", async () => {
  await expect(runExample("page-rank", [input], { damping: "1.1" })).rejects.toThrow(/damping/);
  await expect(runExample("page-rank", [input], { iterations: "0" })).rejects.toThrow(/iterations/);
  await expect(runExample("page-rank", [input], { steps: "3" })).rejects.toThrow(/steps/);
});
