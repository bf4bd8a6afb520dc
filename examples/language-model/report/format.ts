/** `12,345`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `12,345` and `0.5`: whole where it is, else to three digits. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
}

/** `0`, `500`, `12k`. */
export function formatTokens(tokens: number): string {
  return tokens >= 1000 ? `${formatNumber(tokens / 1000)}k` : String(tokens);
}

/** Ticks of one axis, with as many decimals as they need to be told apart. */
export function formatTicks(ticks: readonly number[]): string[] {
  const decimals = [0, 1, 2, 3].find((digits) =>
    ticks.every((tick) => Math.abs(tick - Number(tick.toFixed(digits))) < 1e-6),
  );
  return ticks.map((tick) => tick.toFixed(decimals ?? 4));
}

/** `4.22 MB`, in powers of a thousand. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1000).toPrecision(3)} kB`;
  return `${(bytes / 1e6).toPrecision(3)} MB`;
}

/** `0.0125`, `2e-5`: as short as the rate is. */
export function formatRate(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

export function formatLoss(loss: number): string {
  return Number.isFinite(loss) ? loss.toFixed(3) : "diverged";
}

export function formatMilliseconds(milliseconds: number): string {
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

/** `secondMoment` as `second moment`. */
export function formatWords(identifier: string): string {
  return identifier.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
