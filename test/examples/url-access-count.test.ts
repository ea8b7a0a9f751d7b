import { afterAll, expect, test } from "vitest";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder } from "./support/input-folder.ts";
import { shell } from "./support/shell.ts";

const folder = new InputFolder();
afterAll(() => folder.remove());

const dice = new Dice(5);
const urls = ["/", "/a.html", "/a.html?q=1", "/ä", "http://proxy.example/", "*", "/long/er/path/"];

function line(request: string, combined: boolean): string {
  const user = dice.of(["-", "anna", "Anna"]);
  const size = dice.of(["-", "0", "5120"]);
  const agent = dice.of(["Mozilla/5.0 (X11; Linux x86_64)", "-", 'say \\"hi\\" 200 7']);
  const end = combined ? ` "${dice.of(["-", "https://example.org/"])}" "${agent}"` : "";
  return `192.0.2.${dice.below(256)} - ${user} [12/May/2025:06:25:24 +0000] "${request}" 200 ${size}${end}`;
}

function requests(count: number, combined: boolean): string[] {
  return Array.from({ length: count }, () => {
    const method = dice.of(["GET", "GET", "POST", "HEAD"]);
    const version = dice.of([" HTTP/1.1", " HTTP/1.0", ""]);
    return line(`${method} ${dice.of(urls)}${version}`, combined);
  });
}

test("url-access-count: counts agree with awk, for common and combined logs", async () => {
  const common = folder.write("clean/common.log", `${requests(120, false).join("\n")}\n`);
  const combined = folder.write("clean/combined.log", requests(120, true).join("\r\n"));
  const expected = shell(
    `awk -F '"' '{ split($2, words, " "); n[words[2]]++ }
      END { for (url in n) print url "\\t" n[url] }' "$1" "$2" | sort`,
    combined,
    common,
  );
  const outputs = await runExample("url-access-count", [`${folder.path}/clean`]);
  for (const { sorted, user } of outputs) {
    expect(`${sorted.join("\n")}\n`).toBe(expected.toString());
    expect(user).toEqual({});
  }
  expect(outputs[0]!.text).toBe(expected.toString());
});

test("url-access-count: takes the second word as it stands, whatever else is odd", async () => {
  const log = folder.write(
    "odd.log",
    [
      line("GET /a b.html HTTP/1.0", false),
      line("GET /a b c", true),
      line('GET /say\\"hi\\" HTTP/1.1', true),
      line('GET /quoted"here HTTP/1.1', false),
      line("GET /only-the-url", true),
      line("get /only-the-url", false),
      line("GET /%7Eanna#top HTTP/1.1", false),
      'host - Anna Lee [t] "GET /user-of-two-words HTTP/1.1" 200 1',
    ].join("\n"),
  );
  const expected = [
    "/%7Eanna#top\t1",
    "/a\t2",
    "/only-the-url\t2",
    '/quoted"here\t1',
    '/say\\"hi\\"\t1',
    "/user-of-two-words\t1",
  ];
  for (const { sorted } of await runExample("url-access-count", [log])) {
    expect(sorted).toEqual(expected);
  }
});

test("url-access-count: lines that do not parse are counted, and harm nothing", async () => {
  const bad = [
    "",
    "not a log line",
    line("-", true),
    line("", false),
    line("\\x16\\x03\\x01", true),
    "192.0.2.1 - - [12/May/2025:06:2",
    '192.0.2.1 - - [12/May/2025:06:25:24 +0000] "GET /cut HTTP/1.1',
    '192.0.2.1 - - [12/May/2025:06:25:24 +0000] "GET /no-status HTTP/1.1"',
    "192.0.2.1 - - [12/May/2025:06:25:24 +0000] GET /no-quotes HTTP/1.1 200 5",
  ];
  const good = requests(60, true);
  const lines = bad.flatMap((each, index) => [each, ...good.slice(index * 6, index * 6 + 6)]);
  const log = folder.write("dirty.log.gz", lines.join("\n"));
  for (const { lines, user } of await runExample("url-access-count", [log])) {
    const counted = lines.reduce((sum, each) => sum + Number(each.split("\t")[1]), 0);
    expect(user).toEqual({ "unparsable lines": bad.length });
    expect(counted).toBe(54);
    expect(lines.join("\n")).not.toMatch(/cut|no-/);
  }
});
