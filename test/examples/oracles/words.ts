/**
 * What the examples about words must put out, worked out on whole texts in memory.
 */

const inByteOrder = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The words of a text: its longest runs of letters, found one character after the other. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word = "";
  for (const character of `${text} `) {
    if (/^\p{L}$/u.test(character)) {
      word += character;
    } else if (word !== "") {
      words.push(word);
      word = "";
    }
  }
  return words;
}

/** How often each item occurs. */
export function tally(items: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Items and their counts, the most frequent first, equally frequent ones by their bytes. */
export function byFrequency(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([a, m], [b, n]) => n - m || inByteOrder(a, b));
}

/** `word<TAB>count`, sorted by word. */
export function wordCounts(texts: readonly string[]): string[] {
  const counts = tally(texts.flatMap(wordsOf));
  return [...counts.keys()].sort(inByteOrder).map((word) => `${word}\t${counts.get(word)}`);
}

/** `word<TAB>file,file`, sorted by word. */
export function invertedIndex(files: readonly (readonly [string, string])[]): string[] {
  const words = new Set(files.flatMap(([, text]) => wordsOf(text)));
  return [...words].sort(inByteOrder).map((word) => {
    const holders = files.filter(([, text]) => wordsOf(text).includes(word));
    return `${word}\t${holders
      .map(([path]) => path)
      .sort(inByteOrder)
      .join(",")}`;
  });
}

/** The weight of each word in each file that holds it, by `word<TAB>file`. */
export function tfIdf(files: readonly (readonly [string, string])[]): Map<string, number> {
  const bags = files.map(([path, text]) => {
    return [path, tally(wordsOf(text).map((word) => word.toLowerCase()))] as const;
  });
  const weights = new Map<string, number>();
  for (const [path, bag] of bags) {
    for (const [word, occurrences] of bag) {
      const holders = bags.filter(([, other]) => other.has(word)).length;
      weights.set(`${word}\t${path}`, occurrences * Math.log(files.length / holders));
    }
  }
  return weights;
}

/** `host<TAB>word:count word:count`, sorted by host. */
export function termVectors(pages: readonly { host: string; text: string }[], n: number): string[] {
  const hosts = [...new Set(pages.map(({ host }) => host))].sort(inByteOrder);
  return hosts.map((host) => {
    const own = pages.filter((page) => page.host === host);
    const words = own.flatMap(({ text }) => wordsOf(text)).map((word) => word.toLowerCase());
    const terms = byFrequency(tally(words)).slice(0, n);
    return `${host}\t${terms.map(([word, count]) => `${word}:${count}`).join(" ")}`;
  });
}
