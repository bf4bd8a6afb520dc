/**
 * A key that some object of a valid JSON text has twice; undefined where none does. `JSON.parse`
 * would pass over it in silence and keep the last.
 */
export function repeatedKey(json: string): string | undefined {
  const openObjects: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    switch (json[i]) {
      case "{":
        openObjects.push(new Set());
        break;
      case "}":
        openObjects.pop();
        break;
      case '"': {
        const end = stringEnd(json, i);
        if (isFollowedByColon(json, end)) {
          const key: string = JSON.parse(json.slice(i, end));
          const keys = openObjects.at(-1);
          if (keys?.has(key)) return key;
          keys?.add(key);
        }
        i = end - 1;
      }
    }
  }
  return undefined;
}

/** The position after the closing quote of the string that opens at `start`. */
function stringEnd(json: string, start: number): number {
  let i = start + 1;
  while (json[i] !== '"') i += json[i] === "\\" ? 2 : 1;
  return i + 1;
}

function isFollowedByColon(json: string, position: number): boolean {
  let i = position;
  while (json[i] === " " || json[i] === "\n" || json[i] === "\r" || json[i] === "\t") i++;
  return json[i] === ":";
}
