import { meanTime } from "../training/results.js";
import { barChart } from "./bar-chart.js";
import { formatMilliseconds } from "./format.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";

/** What a step takes, the optimizer apart from the model. */
export function timeSection({ results, machine, framework, settings }: DemoRecord): Markup {
  const bars = results.map(({ title, modelMilliseconds, optimizerMilliseconds }) => {
    const model = meanTime(modelMilliseconds);
    const optimizer = meanTime(optimizerMilliseconds);
    return {
      name: title,
      label: `${formatMilliseconds(model)} + ${formatMilliseconds(optimizer)}`,
      segments: [
        { name: "forward and backward", style: "model", value: model },
        { name: "optimizer", style: "optimizer", value: optimizer },
      ],
    };
  });
  const chart = barChart({
    id: "step-times",
    title: "Milliseconds of a step",
    description: bars.map(({ name, label }) => `${name}: ${label}`).join("; "),
    bars,
    format: formatMilliseconds,
  });
  return markup`<section><h2>Time of a step</h2><figure>${chart}
<figcaption>Means over all steps but the first,${settings.adaptiveBatch ? " whose batches differ in size," : ""} on ${machine.cpu} (${machine.cores} cores). Forward and backward:
${framework}. Optimizer: everything between gradients and new weights, with the copies out of and into the wasm backend's
memory and, now and then, new bases of subspaces; it computes natively on all cores.</figcaption></figure></section>`;
}
