import { afterAll, expect, test } from "vitest";
import { termVectors } from "./oracles/words.ts";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder, wordLines } from "./support/input-folder.ts";

const dice = new Dice(7);
const folder = new InputFolder();
afterAll(() => folder.remove());

const pages = wordLines(dice, 200).map((text, index) => {
  const host = dice.of(["a.example", "b.example", "www.b.example", "xn--bcher-kva.example"]);
  const url = `${dice.of(["http", "https"])}://${host}${dice.of(["", ":8080"])}/page/${index}`;
  return { host, url, text };
});
const documents = pages.map(({ url, text }) => JSON.stringify({ url, text, fetched: true }));
folder.write("pages.ndjson", `${documents.slice(0, 150).join("\n")}\n\n`);
folder.write("more/pages.ndjson.gz", documents.slice(150).join("\r\n"));

test.each([4, 1000])("term-vector-per-host: the %i most frequent words", async (terms) => {
  const expected = termVectors(pages, terms);
  const params = { terms: String(terms) };
  for (const output of await runExample("term-vector-per-host", [folder.path], params)) {
    expect(output.sorted).toEqual(expected);
    if (output.partitions === 1) expect(output.lines).toEqual(expected);
  }
});

test("term-vector-per-host: the host of a URL is in lower case, without user and port", async () => {
  const input = folder.write(
    "odd.ndjson",
    '{"url":"HTTP://anna:secret@A.Example:81/x","text":"It\'s it 2 it"}\n{"url":"http://Bücher.example","text":"Ǆ ΣΑΣ"}',
  );
  const [output] = await runExample("term-vector-per-host", [input]);
  expect(output!.lines).toEqual(["a.example\tit:3 s:1", "xn--bcher-kva.example\tǆ:1 σας:1"]);
});

test("term-vector-per-host: a page without a text is an error that says so", async () => {
  const input = folder.write("bad.ndjson", '{"url":"http://a.example/"}\n');
  await expect(runExample("term-vector-per-host", [input])).rejects.toThrow(/text/);
});
