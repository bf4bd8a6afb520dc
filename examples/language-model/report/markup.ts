/** A piece of HTML or SVG that needs no more escaping. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Content = Markup | string | number | undefined | readonly Content[];

/** A template tag: what is interpolated is escaped, unless it is markup already. */
export function markup(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  const pieces = strings.map((text, i) => (i === 0 ? text : render(contents[i - 1]) + text));
  return new Markup(pieces.join(""));
}

function render(content: Content): string {
  if (content === undefined) return "";
  if (content instanceof Markup) return content.text;
  if (typeof content === "string") return escapeText(content);
  if (typeof content === "number") return String(content);
  return content.map(render).join("");
}

function escapeText(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? character);
}

/** Text that is markup already, such as a style sheet. */
export function raw(text: string): Markup {
  return new Markup(text);
}
