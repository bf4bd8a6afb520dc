/** A text as token ids, and back. */
export interface Tokenizer {
  readonly size: number;
  encode(text: string): Int32Array;
  decode(tokens: Iterable<number>): string;
}

/** The token that stands for every character that the training text does not have. */
const UNKNOWN = "\ufffd";

/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909) over the characters of `text`.
 *
 * Tokens are the characters of the text, then merges of the most frequent neighbouring pair, one
 * at a time, until there are `size` tokens. Merges stay inside a word; a word keeps the space
 * before it, so that decoding is concatenation. Only the text given here is ever counted: the
 * held-out tail of a book has no say in its own encoding.
 */
export function learnTokenizer(text: string, size: number): Tokenizer {
  const tokens = [UNKNOWN, ...new Set(text)];
  if (size < tokens.length) {
    throw new RangeError(`a vocabulary needs at least ${tokens.length} tokens here, got ${size}`);
  }
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const words = countWords(text).map(([word, count]) => ({ pieces: spell(word, ids), count }));
  const merges: Merge[] = [];
  while (tokens.length < size) {
    const best = mostFrequentPair(words);
    if (best === undefined) break;
    const merge = { left: best.left, right: best.right, merged: tokens.length };
    tokens.push(`${tokens[merge.left]}${tokens[merge.right]}`);
    merges.push(merge);
    for (const word of words) word.pieces = applyMerge(word.pieces, merge);
  }
  return bytePairTokenizer(tokens, ids, merges);
}

interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

interface CountedWord {
  pieces: number[];
  readonly count: number;
}

function bytePairTokenizer(
  tokens: readonly string[],
  ids: ReadonlyMap<string, number>,
  merges: readonly Merge[],
): Tokenizer {
  const known = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    let pieces = known.get(word);
    if (pieces === undefined) {
      pieces = merges.reduce(applyMerge, spell(word, ids));
      known.set(word, pieces);
    }
    return pieces;
  };
  return {
    size: tokens.length,
    encode: (text) => Int32Array.from(splitWords(text).flatMap(encodeWord)),
    decode: (encoded) => Array.from(encoded, (id) => tokens[id] ?? UNKNOWN).join(""),
  };
}

/** Words with the space before them; runs of spaces, of line breaks and of marks stand alone. */
function splitWords(text: string): string[] {
  return text.match(/ ?[\p{L}\p{N}]+| ?[^\p{L}\p{N}\s]+|\s+/gu) ?? [];
}

function countWords(text: string): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of splitWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}

function spell(word: string, ids: ReadonlyMap<string, number>): number[] {
  return Array.from(word, (character) => ids.get(character) ?? 0);
}

/** The first of the most frequent pairs, undefined when every word is one token. */
function mostFrequentPair(words: readonly CountedWord[]): Omit<Merge, "merged"> | undefined {
  const span = 2 ** 20;
  const counts = new Map<number, number>();
  for (const { pieces, count } of words) {
    for (let i = 0; i + 1 < pieces.length; i++) {
      const pair = (pieces[i] as number) * span + (pieces[i + 1] as number);
      counts.set(pair, (counts.get(pair) ?? 0) + count);
    }
  }
  let best: number | undefined;
  let bestCount = 0;
  for (const [pair, count] of counts) {
    if (count > bestCount) [best, bestCount] = [pair, count];
  }
  return best === undefined ? undefined : { left: Math.floor(best / span), right: best % span };
}

function applyMerge(pieces: number[], { left, right, merged }: Merge): number[] {
  if (!pieces.includes(left)) return pieces;
  const result: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const isPair = pieces[i] === left && pieces[i + 1] === right;
    result.push(isPair ? merged : (pieces[i] as number));
    if (isPair) i++;
  }
  return result;
}
