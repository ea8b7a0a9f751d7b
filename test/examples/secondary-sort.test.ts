import { afterAll, expect, test } from "vitest";
import { runExample } from "./support/example-run.ts";
import { Dice, InputFolder } from "./support/input-folder.ts";
import { shell } from "./support/shell.ts";

const dice = new Dice(11);
const folder = new InputFolder();
afterAll(() => folder.remove());

/** A record of the NCDC: fields at fixed places, of which most do not matter here. */
function reading(): string {
  const digits = (value: number, count: number) => String(value).padStart(count, "0");
  const station = dice.of(["01001099999", "02907099999", "A0735500182"]);
  const day = `${digits(1 + dice.below(12), 2)}${digits(1 + dice.below(28), 2)}`;
  const time = `${1901 + dice.below(4)}${day}${digits(dice.below(24), 2)}00`;
  const tenths = dice.below(40) - 20;
  const temperature = dice.of([`${tenths < 0 ? "-" : "+"}${digits(Math.abs(tenths), 4)}`, "+9999"]);
  return `0067${station}${time}${"4+68750+023550FM-12".padEnd(60, "9")}${temperature}${dice.of([..."0149523"])}+99`;
}

const lines = Array.from({ length: 300 }, reading);
const clean = folder.write("a.txt", `${lines.slice(0, 200).join("\n")}\n`);
const rest = folder.write("b.txt", lines.slice(200).join("\n"));
const unusable = lines.filter((line) => /\+9999.\+99$|[23]\+99$/.test(line)).length;

// Column by column with awk, sorted by year and temperature; equal ones stay in input order.
const HOTTEST = `awk -v OFS='\\t' '
  substr($0, 88, 5) != "+9999" && substr($0, 93, 1) ~ /[01459]/ {
    print substr($0, 16, 4), substr($0, 88, 5) + 0, substr($0, 5, 11), substr($0, 16, 12)
  }' "$2" "$3" | sort -s -k 1,1n -k 2,2nr | awk -v top="$1" '$1 != year { year = $1; n = 0 } n++ < top'`;

test.each(["1", "5"])("secondary-sort: the %s hottest readings of each year", async (top) => {
  const expected = shell(HOTTEST, top, clean, rest).toString();
  for (const output of await runExample("secondary-sort", [clean, rest], { top })) {
    const byYear = [...output.lines].sort((a, b) => Number(a.slice(0, 4)) - Number(b.slice(0, 4)));
    expect(`${byYear.join("\n")}\n`).toBe(expected);
    if (output.partitions === 1) expect(output.text).toBe(expected);
    expect(output.user).toEqual({ "lines without a reading": unusable });
  }
});

test("secondary-sort: lines that are no records are counted", async () => {
  const input = folder.write("odd.txt", `\nshort\n${lines[0]!.slice(0, 92)}\n${"x".repeat(105)}\n`);
  for (const { text, user } of await runExample("secondary-sort", [input])) {
    expect(text).toBe("");
    expect(user).toEqual({ "lines without a reading": 4 });
  }
});
