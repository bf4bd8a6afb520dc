/**
 * Finished trainings on disk, a line of JSON each, under a fingerprint of all that determines them:
 * what a run that was ended goes on from.
 */

import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { dirname } from "node:path";

export interface Line<Key, Value> {
  readonly key: Key;
  readonly value: Value;
}

/** Of values that are alike as JSON, the same; the order of keys does not matter. */
export function fingerprint(value: unknown): string {
  const sorted = (_: string, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  return createHash("sha256").update(JSON.stringify(value, sorted)).digest("hex").slice(0, 16);
}

export class Journal<Key, Value> {
  readonly #file: string;
  readonly #lines = new Map<string, Line<Key, Value>>();

  /** Reads what is there. A last line that was cut off while it was written is cut away. */
  constructor(file: string) {
    this.#file = file;
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true });
      return;
    }
    const bytes = readFileSync(file);
    const whole = bytes.lastIndexOf("\n") + 1;
    if (whole < bytes.length) truncateSync(file, whole);
    const texts = bytes.toString("utf8", 0, whole).split("\n").slice(0, -1);
    for (const [i, text] of texts.entries()) this.#take(text, i + 1);
  }

  get size(): number {
    return this.#lines.size;
  }

  get lines(): readonly Line<Key, Value>[] {
    return [...this.#lines.values()];
  }

  get(key: Key): Value | undefined {
    return this.#lines.get(fingerprint(key))?.value;
  }

  /** Written at once, in one piece. */
  add(key: Key, value: Value): void {
    const line = { fingerprint: fingerprint(key), key, value };
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
    this.#lines.set(line.fingerprint, { key, value });
  }

  #take(text: string, number: number): void {
    try {
      const { fingerprint: mark, key, value } = JSON.parse(text);
      if (mark !== fingerprint(key)) throw new Error("the fingerprint is another line's");
      this.#lines.set(mark, { key, value });
    } catch (cause) {
      throw new Error(`${this.#file}, line ${number}: ${(cause as Error).message}`, { cause });
    }
  }
}
